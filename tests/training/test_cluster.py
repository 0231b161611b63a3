"""ClusterSpec and the server of one process."""

import pytest

import evergraph as tf


def test_cluster_spec_tells_jobs_and_tasks():
    spec = tf.train.ClusterSpec({"ps": ["a:1", "b:2"], "w": {1: "c:3"}})
    assert str(spec) == "ClusterSpec({'ps': ['a:1', 'b:2'], 'w': {1: 'c:3'}})"
    assert tf.train.ClusterSpec(spec.as_cluster_def()) == spec
    assert (spec.num_tasks("ps"), spec.task_indices("w")) == (2, [1])
    assert (spec.task_address("w", 1), spec.job_tasks("w")) == ("c:3", [None, "c:3"])
    with pytest.raises(ValueError, match="No task with index 7 in job 'ps'"):
        spec.task_address("ps", 7)
    with pytest.raises(ValueError, match="No such job in cluster: 'x'"):
        spec.num_tasks("x")
    with pytest.raises(TypeError, match="`cluster` must be a dictionary"):
        tf.train.ClusterSpec(3)


def test_sessions_run_at_a_local_server():
    server = tf.train.Server.create_local_server()
    assert server.server_def.job_name == "local"
    with tf.Graph().as_default(), tf.Session(server.target) as session:
        assert session.run(tf.constant(3)) == 3


def test_server_of_several_tasks_is_refused():
    with pytest.raises(Exception, match="several tasks"):
        tf.train.Server({"w": ["a:1", "b:2"]}, task_index=0)
