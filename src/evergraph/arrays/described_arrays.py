"""What the tensor arrays of both backends are told when they are made."""

from __future__ import annotations

from evergraph.arrays.element_shapes import ElementShape
from evergraph.arrays.run_objects import RunObject
from evergraph.core.dtypes import DType


class DescribedArray(RunObject):
    """A tensor array's description; its elements are the backend's affair.

    Attributes:
        initial_size: number of elements when it was made.
        dtype: type of the elements.
        element_shape: what is known of their shape.
        dynamic_size: whether a write behind the end makes the array longer.
        clear_after_read: whether an element can be read only once.
        identical_element_shapes: whether all elements have one shape.
        is_gradient: whether it collects gradients: writes of one element are added up, and what
            isn't written is zero.
        marked_size: number of elements of the last unpack or split; -1 before any.
        name: what messages call it.
        children: the gradient array of each source.
    """

    __slots__ = (
        "clear_after_read",
        "dtype",
        "dynamic_size",
        "element_shape",
        "identical_element_shapes",
        "initial_size",
        "is_gradient",
        "marked_size",
        "name",
    )

    def __init__(
        self,
        size: int,
        dtype: DType,
        shape: ElementShape,
        *,
        dynamic_size: bool = False,
        clear_after_read: bool = True,
        identical_element_shapes: bool = False,
        is_gradient: bool = False,
        name: str = "",
    ) -> None:
        super().__init__()
        self.initial_size = size
        self.dtype = dtype
        self.element_shape = shape
        self.dynamic_size = dynamic_size
        self.clear_after_read = clear_after_read
        self.identical_element_shapes = identical_element_shapes
        self.is_gradient = is_gradient
        self.marked_size = -1
        self.name = name
