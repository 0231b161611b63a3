"""tf.flags and tf.app.flags: names only."""

from evergraph.platform.flags import DEFINE as DEFINE
from evergraph.platform.flags import FLAGS as FLAGS
from evergraph.platform.flags import ArgumentParser as ArgumentParser
from evergraph.platform.flags import ArgumentSerializer as ArgumentSerializer
from evergraph.platform.flags import BaseListParser as BaseListParser
from evergraph.platform.flags import BooleanFlag as BooleanFlag
from evergraph.platform.flags import BooleanParser as BooleanParser
from evergraph.platform.flags import CantOpenFlagFileError as CantOpenFlagFileError
from evergraph.platform.flags import CsvListSerializer as CsvListSerializer
from evergraph.platform.flags import DEFINE_alias as DEFINE_alias
from evergraph.platform.flags import DEFINE_bool as DEFINE_bool
from evergraph.platform.flags import DEFINE_boolean as DEFINE_boolean
from evergraph.platform.flags import DEFINE_enum as DEFINE_enum
from evergraph.platform.flags import DEFINE_enum_class as DEFINE_enum_class
from evergraph.platform.flags import DEFINE_flag as DEFINE_flag
from evergraph.platform.flags import DEFINE_float as DEFINE_float
from evergraph.platform.flags import DEFINE_integer as DEFINE_integer
from evergraph.platform.flags import DEFINE_list as DEFINE_list
from evergraph.platform.flags import DEFINE_multi as DEFINE_multi
from evergraph.platform.flags import DEFINE_multi_enum as DEFINE_multi_enum
from evergraph.platform.flags import DEFINE_multi_enum_class as DEFINE_multi_enum_class
from evergraph.platform.flags import DEFINE_multi_float as DEFINE_multi_float
from evergraph.platform.flags import DEFINE_multi_integer as DEFINE_multi_integer
from evergraph.platform.flags import DEFINE_multi_string as DEFINE_multi_string
from evergraph.platform.flags import DEFINE_spaceseplist as DEFINE_spaceseplist
from evergraph.platform.flags import DEFINE_string as DEFINE_string
from evergraph.platform.flags import DuplicateFlagError as DuplicateFlagError
from evergraph.platform.flags import EnumClassFlag as EnumClassFlag
from evergraph.platform.flags import EnumClassListSerializer as EnumClassListSerializer
from evergraph.platform.flags import EnumClassParser as EnumClassParser
from evergraph.platform.flags import EnumClassSerializer as EnumClassSerializer
from evergraph.platform.flags import EnumFlag as EnumFlag
from evergraph.platform.flags import EnumParser as EnumParser
from evergraph.platform.flags import Error as Error
from evergraph.platform.flags import Flag as Flag
from evergraph.platform.flags import FlagHolder as FlagHolder
from evergraph.platform.flags import (
    FlagNameConflictsWithMethodError as FlagNameConflictsWithMethodError,
)
from evergraph.platform.flags import FlagValues as FlagValues
from evergraph.platform.flags import FloatParser as FloatParser
from evergraph.platform.flags import IllegalFlagValueError as IllegalFlagValueError
from evergraph.platform.flags import IntegerParser as IntegerParser
from evergraph.platform.flags import ListParser as ListParser
from evergraph.platform.flags import ListSerializer as ListSerializer
from evergraph.platform.flags import MultiEnumClassFlag as MultiEnumClassFlag
from evergraph.platform.flags import MultiFlag as MultiFlag
from evergraph.platform.flags import UnparsedFlagAccessError as UnparsedFlagAccessError
from evergraph.platform.flags import UnrecognizedFlagError as UnrecognizedFlagError
from evergraph.platform.flags import ValidationError as ValidationError
from evergraph.platform.flags import WhitespaceSeparatedListParser as WhitespaceSeparatedListParser
from evergraph.platform.flags import adopt_module_key_flags as adopt_module_key_flags
from evergraph.platform.flags import declare_key_flag as declare_key_flag
from evergraph.platform.flags import disclaim_key_flags as disclaim_key_flags
from evergraph.platform.flags import doc_to_help as doc_to_help
from evergraph.platform.flags import flag_dict_to_args as flag_dict_to_args
from evergraph.platform.flags import get_help_width as get_help_width
from evergraph.platform.flags import (
    mark_bool_flags_as_mutual_exclusive as mark_bool_flags_as_mutual_exclusive,
)
from evergraph.platform.flags import mark_flag_as_required as mark_flag_as_required
from evergraph.platform.flags import (
    mark_flags_as_mutual_exclusive as mark_flags_as_mutual_exclusive,
)
from evergraph.platform.flags import mark_flags_as_required as mark_flags_as_required
from evergraph.platform.flags import multi_flags_validator as multi_flags_validator
from evergraph.platform.flags import override_value as override_value
from evergraph.platform.flags import (
    register_multi_flags_validator as register_multi_flags_validator,
)
from evergraph.platform.flags import register_validator as register_validator
from evergraph.platform.flags import set_default as set_default
from evergraph.platform.flags import text_wrap as text_wrap
from evergraph.platform.flags import validator as validator
