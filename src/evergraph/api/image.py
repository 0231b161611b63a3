"""tf.image: names only."""

from evergraph.ops.image_patches import extract_image_patches as extract_image_patches
