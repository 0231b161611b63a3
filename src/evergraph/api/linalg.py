"""tf.linalg: names only."""

from evergraph.ops.array_layout import matrix_transpose as matrix_transpose
from evergraph.ops.array_layout import matrix_transpose as transpose
from evergraph.ops.clip import global_norm as global_norm
from evergraph.ops.diagonals import diag as tensor_diag
from evergraph.ops.diagonals import diag_part as tensor_diag_part
from evergraph.ops.diagonals import eye as eye
from evergraph.ops.diagonals import matrix_band_part as band_part
from evergraph.ops.diagonals import matrix_diag as diag
from evergraph.ops.diagonals import matrix_diag_part as diag_part
from evergraph.ops.diagonals import matrix_set_diag as set_diag
from evergraph.ops.linalg_qr import qr as qr
from evergraph.ops.math_vectors import cross as cross
from evergraph.ops.matmul import matmul as matmul
from evergraph.ops.matmul import matvec as matvec
from evergraph.ops.normalization import l2_normalize as l2_normalize
from evergraph.ops.norms import norm as norm
from evergraph.ops.tensor_contraction import einsum as einsum
from evergraph.ops.tensor_contraction import tensordot as tensordot
from evergraph.ops.tensor_contraction import trace as trace
