"""Bytes on disk and the plain values they hold: TFRecord, event files, checkpoints."""
