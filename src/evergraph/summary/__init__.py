"""What TensorBoard shows: summary operations, and the writer of event files."""
