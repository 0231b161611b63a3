"""Device scopes, DeviceSpec and the device function of replicated training."""

from programs.theme import Theme, caught

THEME = Theme()


def placed(tf):
    return [(op.name, op.device) for op in tf.get_default_graph().get_operations()]


@THEME.program
def scopes_merge_from_the_inside_out(tf, np):
    with tf.device("/job:a/task:1/cpu:0"):
        tf.constant(1)
        with tf.device("/gpu:2"):
            tf.constant(1)
            with tf.device("/job:b"):
                tf.constant(1)
        with tf.device(""):
            tf.constant(1)
        with tf.device(None):
            tf.constant(1)
    tf.constant(1)
    return placed(tf)


@THEME.program
def spellings_are_made_canonical(tf, np):
    names = ["/cpu:0", "/CPU:0", "cpu:0", "/device:CPU:0", "/gpu:*", "/job:w/replica:0/task:3"]
    for name in names:
        with tf.device(name):
            tf.constant(1)
    return placed(tf)


@THEME.program
def a_device_function(tf, np):
    with tf.device(lambda op: "/gpu:0" if op.type == "MatMul" else "/cpu:0"):
        x = tf.constant([[1.0]])
        tf.matmul(x, x)
        with tf.device("/job:inner"):
            tf.matmul(x, x)
    return placed(tf)


@THEME.program
def specs(tf, np):
    spec = tf.DeviceSpec(job="ps", task=1, device_type="cpu", device_index=0)
    other = tf.DeviceSpec.from_string("/job:worker/gpu:3")
    texts = [spec.to_string(), other.to_string(), tf.DeviceSpec().to_string()]
    spec.merge_from(other)
    with tf.device(spec):
        tf.constant(1)
    return texts, spec.to_string(), [spec.job, spec.task, spec.device_index], placed(tf)


@THEME.program
def bad_devices(tf, np):
    def enter(name):
        with tf.device(name):
            return tf.constant(1).device

    return [caught(lambda name=name: enter(name)) for name in ("/nonsense:1:2", "/cpu:x")]


@THEME.program
def parameter_servers_in_turn(tf, np):
    with tf.device(tf.train.replica_device_setter(ps_tasks=2)):
        for name in "abc":
            tf.Variable([1.0], name=name)
        tf.Variable([1.0], name="r", use_resource=True)
        tf.constant(1.0)
    return placed(tf)


@THEME.program
def parameter_servers_of_a_cluster(tf, np):
    cluster = {"ps": ["ps0:1", "ps1:1", "ps2:1"], "worker": ["w0:1"]}
    setter = tf.train.replica_device_setter(cluster=cluster, worker_device="/job:worker/task:4")
    with tf.device(setter):
        for name in "abcd":
            tf.Variable(1.0, name=name)
    return placed(tf), tf.train.replica_device_setter(cluster={"worker": ["w0:1"]})


@THEME.program
def parameter_servers_and_inner_devices(tf, np):
    with tf.device(tf.train.replica_device_setter(ps_tasks=2)), tf.device("/gpu:1"):
        tf.Variable(1.0, name="a")
        with tf.device("/job:other"):
            tf.Variable(1.0, name="b")
    setter = tf.train.replica_device_setter(ps_tasks=1, merge_devices=False)
    with tf.device(setter), tf.device("/cpu:0"):
        tf.Variable(1.0, name="c")
    return placed(tf)


@THEME.program
def parameter_servers_chosen(tf, np):
    setter = tf.train.replica_device_setter
    with tf.device(setter(ps_tasks=4, ps_ops=["Const"], ps_strategy=lambda op: 3)):
        tf.Variable(1.0, name="a")
    return placed(tf), setter(), caught(lambda: setter(ps_tasks=1, ps_strategy=3))


@THEME.program
def colocation_takes_the_device(tf, np):
    with tf.device("/cpu:1"):
        a = tf.constant(1.0, name="a")
    with tf.colocate_with(a):
        tf.constant(2.0, name="b")
        with tf.device("/gpu:0"):
            tf.constant(3.0, name="c")
    groups = [op.colocation_groups() for op in tf.get_default_graph().get_operations()]
    return placed(tf), groups
