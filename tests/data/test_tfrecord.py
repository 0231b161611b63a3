from pathlib import Path

import pytest

import evergraph as tf

Options = tf.python_io.TFRecordOptions
Compression = tf.python_io.TFRecordCompressionType


@pytest.mark.parametrize(
    "options", [None, "GZIP", Options(Compression.ZLIB), Options("GZIP", compression_level=9)]
)
def test_records_come_back(tmp_path: Path, options) -> None:
    path = str(tmp_path / "f")
    with tf.python_io.TFRecordWriter(path, options) as writer:
        writer.write(b"one")
        writer.flush()
        writer.write(b"")
    assert list(tf.python_io.tf_record_iterator(path.encode(), options)) == [b"one", b""]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (None, ""),
        (Compression.NONE, ""),
        (Compression.ZLIB, "ZLIB"),
        (Compression.GZIP, "GZIP"),
        ("GZIP", "GZIP"),
        (Options("ZLIB"), "ZLIB"),
        (Options(Options("GZIP")), "GZIP"),
    ],
)
def test_names_of_compressions(given, name: str) -> None:
    assert Options.get_compression_type_string(given) == name


def test_wrong_use(tmp_path: Path) -> None:
    for wrong in ("X", 7):
        with pytest.raises(ValueError, match=f'Not a valid compression_type: "{wrong}"'):
            Options(wrong)
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        tf.io.TFRecordWriter(str(tmp_path / "none" / "f"))
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        list(tf.python_io.tf_record_iterator(str(tmp_path / "none")))
    writer = tf.python_io.TFRecordWriter(str(tmp_path / "f"))
    with pytest.raises(TypeError, match="expected bytes, str found"):
        writer.write("text")  # type: ignore[arg-type]
    writer.close()
    writer.close()
    for call in (lambda: writer.write(b""), writer.flush):
        with pytest.raises(tf.errors.FailedPreconditionError, match="previously closed"):
            call()
