"""tf.errors: names only."""

from evergraph.core.errors import ABORTED as ABORTED
from evergraph.core.errors import ALREADY_EXISTS as ALREADY_EXISTS
from evergraph.core.errors import CANCELLED as CANCELLED
from evergraph.core.errors import DATA_LOSS as DATA_LOSS
from evergraph.core.errors import DEADLINE_EXCEEDED as DEADLINE_EXCEEDED
from evergraph.core.errors import FAILED_PRECONDITION as FAILED_PRECONDITION
from evergraph.core.errors import INTERNAL as INTERNAL
from evergraph.core.errors import INVALID_ARGUMENT as INVALID_ARGUMENT
from evergraph.core.errors import NOT_FOUND as NOT_FOUND
from evergraph.core.errors import OK as OK
from evergraph.core.errors import OUT_OF_RANGE as OUT_OF_RANGE
from evergraph.core.errors import PERMISSION_DENIED as PERMISSION_DENIED
from evergraph.core.errors import RESOURCE_EXHAUSTED as RESOURCE_EXHAUSTED
from evergraph.core.errors import UNAUTHENTICATED as UNAUTHENTICATED
from evergraph.core.errors import UNAVAILABLE as UNAVAILABLE
from evergraph.core.errors import UNIMPLEMENTED as UNIMPLEMENTED
from evergraph.core.errors import UNKNOWN as UNKNOWN
from evergraph.core.errors import AbortedError as AbortedError
from evergraph.core.errors import AlreadyExistsError as AlreadyExistsError
from evergraph.core.errors import CancelledError as CancelledError
from evergraph.core.errors import DataLossError as DataLossError
from evergraph.core.errors import DeadlineExceededError as DeadlineExceededError
from evergraph.core.errors import FailedPreconditionError as FailedPreconditionError
from evergraph.core.errors import InternalError as InternalError
from evergraph.core.errors import InvalidArgumentError as InvalidArgumentError
from evergraph.core.errors import NotFoundError as NotFoundError
from evergraph.core.errors import OpError as OpError
from evergraph.core.errors import OutOfRangeError as OutOfRangeError
from evergraph.core.errors import PermissionDeniedError as PermissionDeniedError
from evergraph.core.errors import ResourceExhaustedError as ResourceExhaustedError
from evergraph.core.errors import UnauthenticatedError as UnauthenticatedError
from evergraph.core.errors import UnavailableError as UnavailableError
from evergraph.core.errors import UnimplementedError as UnimplementedError
from evergraph.core.errors import UnknownError as UnknownError
from evergraph.core.errors import error_code_from_exception_type as error_code_from_exception_type
from evergraph.core.errors import exception_type_from_error_code as exception_type_from_error_code
from evergraph.core.errors import (
    raise_exception_on_not_ok_status as raise_exception_on_not_ok_status,
)
