"""Chrome traces of a run."""

import json

import evergraph as tf
from evergraph.platform.timeline import Timeline


def test_trace_names_operations_and_flows():
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.placeholder(tf.float32, name="a")
        session.run(tf.sin(tf.cos(a)), {a: 1.0}, options=options, run_metadata=metadata)
    events = json.loads(Timeline(metadata.step_stats).generate_chrome_trace_format())["traceEvents"]
    assert {"Sin", "Cos"} <= {event["name"] for event in events if event["ph"] == "X"}
    assert [event["name"] for event in events if event["ph"] == "s"] == ["Cos"]
