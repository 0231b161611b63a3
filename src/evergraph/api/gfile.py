"""tf.gfile: names only."""

from evergraph.platform.gfile import Copy as Copy
from evergraph.platform.gfile import DeleteRecursively as DeleteRecursively
from evergraph.platform.gfile import Exists as Exists
from evergraph.platform.gfile import FastGFile as FastGFile
from evergraph.platform.gfile import GFile as GFile
from evergraph.platform.gfile import Glob as Glob
from evergraph.platform.gfile import IsDirectory as IsDirectory
from evergraph.platform.gfile import ListDirectory as ListDirectory
from evergraph.platform.gfile import MakeDirs as MakeDirs
from evergraph.platform.gfile import MkDir as MkDir
from evergraph.platform.gfile import Open as Open
from evergraph.platform.gfile import Remove as Remove
from evergraph.platform.gfile import Rename as Rename
from evergraph.platform.gfile import Stat as Stat
from evergraph.platform.gfile import Walk as Walk
