"""tf.io.gfile: names only."""

from evergraph.platform.gfile import GFile as GFile
from evergraph.platform.gfile import copy as copy
from evergraph.platform.gfile import exists as exists
from evergraph.platform.gfile import glob as glob
from evergraph.platform.gfile import isdir as isdir
from evergraph.platform.gfile import listdir as listdir
from evergraph.platform.gfile import makedirs as makedirs
from evergraph.platform.gfile import mkdir as mkdir
from evergraph.platform.gfile import remove as remove
from evergraph.platform.gfile import rename as rename
from evergraph.platform.gfile import rmtree as rmtree
from evergraph.platform.gfile import stat as stat
from evergraph.platform.gfile import walk as walk
