"""tf.image: names only."""

from evergraph.ops.image_patches import extract_image_patches as extract_image_patches
from evergraph.ops.non_max_suppression import non_max_suppression as non_max_suppression
from evergraph.ops.non_max_suppression import (
    non_max_suppression_padded as non_max_suppression_padded,
)
from evergraph.ops.non_max_suppression import (
    non_max_suppression_with_overlaps as non_max_suppression_overlaps,
)
from evergraph.ops.non_max_suppression import (
    non_max_suppression_with_scores as non_max_suppression_with_scores,
)
from evergraph.ops.non_max_suppression_classes import (
    combined_non_max_suppression as combined_non_max_suppression,
)
