"""tf.gfile and file_io: TensorFlow's answers and errors for local files."""

import pytest

from evergraph.core import errors
from evergraph.platform import file_io, gfile


def test_text_and_bytes(tmp_path):
    path = str(tmp_path / "f")
    with gfile.GFile(path, "w") as file:
        file.write("hél\nab\n")
    assert gfile.GFile(path).readlines() == ["hél\n", "ab\n"]
    assert gfile.GFile(path, "rb").read(3) == b"h\xc3\xa9"
    file = gfile.GFile(path)
    assert (file.size(), file.name, file.mode) == (8, path, "r")
    assert (file.tell(), file.readline(), file.tell(), list(file)) == (0, "hél\n", 5, ["ab\n"])
    assert list(gfile.Open(path)) == ["hél\n", "ab\n"]


def test_append_and_seek(tmp_path):
    path = tmp_path / "f"
    for text in ("abc", "def"):
        with gfile.GFile(path, "a+") as file:
            file.write(text)
    file = gfile.FastGFile(path)
    file.seek(offset=4)
    assert file.read() == "ef"
    file.seek(position=0)
    assert file.read(2) == "ab"
    file.seek(1, 1)
    assert file.read() == "def"


@pytest.mark.parametrize(
    ("act", "kind", "text"),
    [
        (lambda d: gfile.Open(f"{d}/x").read(), errors.NotFoundError, "/x; No such file"),
        (lambda d: gfile.Open(f"{d}/x", "w").read(), errors.PermissionDeniedError, "for reading"),
        (lambda d: gfile.Open(f"{d}/y").write("a"), errors.PermissionDeniedError, "for writing"),
        (lambda d: gfile.Open(f"{d}/y").seek(100), errors.OutOfRangeError, "reached end of file"),
        (lambda d: gfile.Open(f"{d}/y").seek(-1), errors.InvalidArgumentError, "negative position"),
        (lambda d: gfile.Open(f"{d}/y").seek(1, 3), errors.InvalidArgumentError, "Invalid whence"),
        (lambda d: gfile.Open(f"{d}/y", "x"), errors.InvalidArgumentError, "mode is not 'r'"),
        (lambda d: gfile.Copy(f"{d}/y", f"{d}/z"), errors.AlreadyExistsError, "already exists"),
        (lambda d: gfile.Rename(f"{d}/y", f"{d}/z"), errors.AlreadyExistsError, "already exists"),
        (lambda d: gfile.Rename(f"{d}/n", f"{d}/m"), errors.NotFoundError, "/n; No such file"),
        (lambda d: gfile.MkDir(f"{d}/a/b"), errors.NotFoundError, "/a/b; No such file"),
        (lambda d: gfile.Remove(f"{d}/folder"), errors.FailedPreconditionError, "Is a directory"),
        (lambda d: gfile.Remove(f"{d}/n"), errors.NotFoundError, "No such file"),
        (lambda d: gfile.ListDirectory(f"{d}/n"), errors.NotFoundError, "Could not find directory"),
        (lambda d: gfile.DeleteRecursively(f"{d}/n"), errors.NotFoundError, "/n not found"),
        (lambda d: gfile.DeleteRecursively(f"{d}/y"), errors.FailedPreconditionError, "Not a dir"),
        (lambda d: gfile.Stat(f"{d}/n"), errors.NotFoundError, "No such file"),
        (lambda d: gfile.Open(d).read(), errors.FailedPreconditionError, "Is a directory"),
        (lambda d: gfile.Open("").read(), errors.NotFoundError, "; No such file or directory"),
    ],
)
def test_errors_are_tensorflows(tmp_path, act, kind, text):
    (tmp_path / "folder").mkdir()
    (tmp_path / "y").write_text("hello")
    (tmp_path / "z").write_text("hello")
    with pytest.raises(kind, match=text):
        act(str(tmp_path))


def test_directories(tmp_path):
    top = str(tmp_path)
    gfile.MakeDirs(f"{top}/a/b")
    gfile.MakeDirs(f"{top}/a/b")
    gfile.MkDir(f"{top}/a")
    file_io.write_string_to_file(f"{top}/a/y", "1")
    assert gfile.IsDirectory(f"{top}/a") and not gfile.IsDirectory(f"{top}/n")
    assert gfile.Exists(f"{top}/a/y") and not gfile.Exists("")
    assert sorted(gfile.ListDirectory(f"{top}/a")) == ["b", "y"]
    assert list(gfile.Walk(top)) == [
        (top, ["a"], []),
        (f"{top}/a", ["b"], ["y"]),
        (f"{top}/a/b", [], []),
    ]
    assert [entry[0] for entry in gfile.walk(top, topdown=False)] == [
        f"{top}/a/b",
        f"{top}/a",
        top,
    ]
    assert list(gfile.Walk(f"{top}/n")) == []
    gfile.DeleteRecursively(f"{top}/a")
    assert not gfile.Exists(f"{top}/a")


def test_glob(tmp_path):
    for name in ("a1", "a2", "b1", "c?"):
        (tmp_path / name).write_text("")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a3").write_text("")
    top = str(tmp_path)
    assert sorted(gfile.Glob(f"{top}/a*")) == [f"{top}/a1", f"{top}/a2"]
    assert gfile.Glob(f"{top}/*/a[0-9]") == [f"{top}/sub/a3"]
    assert sorted(gfile.Glob([f"{top}/a?", f"{top}/b1"]))[-1] == f"{top}/b1"
    assert gfile.Glob(f"{top}/z*") == []


def test_whole_files(tmp_path):
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    file_io.atomic_write_string_to_file(one, "hello")
    file_io.copy(one, two)
    assert file_io.filecmp(one, two)
    assert file_io.read_file_to_string(two, binary_mode=True) == b"hello"
    assert file_io.file_crc32(two) == "0x3610a686"
    found = file_io.stat(two)
    assert (found.length, found.is_directory) == (5, False)
    file_io.rename(one, two, overwrite=True)
    assert not file_io.file_exists(one)
