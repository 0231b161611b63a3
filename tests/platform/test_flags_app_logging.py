"""tf.app.flags, tf.app.run and tf.logging, each in a process of its own."""

import subprocess
import sys

ENVIRONMENT = {"PYTHONPATH": ":".join(filter(None, sys.path))}


def run_program(folder, text, *arguments):
    (folder / "program.py").write_text("import evergraph as tf\n" + text)
    return subprocess.run(
        [sys.executable, "-W", "error", "program.py", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


DEFINE = """
flags = tf.app.flags
flags.DEFINE_string('s', 'default', 'a string')
flags.DEFINE_integer('i', 3, 'an integer')
flags.DEFINE_boolean('b', False, 'a boolean')
flags.DEFINE_float('f', 0.5, 'a number')
FLAGS = flags.FLAGS
"""


def test_a_flag_is_parsed_when_it_is_first_read(tmp_path):
    text = DEFINE + "print(FLAGS.s, FLAGS.i, FLAGS.b, FLAGS.f)\nFLAGS.i = 9\nprint(FLAGS.i)"
    done = run_program(tmp_path, text, "--s=x", "--b", "--f", "2")
    assert done.stdout == "x 3 True 2.0\n9\n", done.stderr


def test_the_wrapper_is_a_mapping(tmp_path):
    text = DEFINE + "print('i' in FLAGS, FLAGS['i'].value, sorted(FLAGS)[:1] != [], 'no' in FLAGS)"
    assert run_program(tmp_path, text).stdout == "True 3 True False\n"


def test_the_parser_of_0_x(tmp_path):
    text = DEFINE + "FLAGS._parse_flags()\nprint(FLAGS.s)"
    assert run_program(tmp_path, text, "--s=x", "--unknown=1").stdout == "x\n"


def test_old_keywords_are_taken_with_a_warning(tmp_path):
    text = (
        "tf.flags.DEFINE_integer(flag_name='n', default_value=2, docstring='d')\n"
        "print(tf.flags.FLAGS.n)"
    )
    done = run_program(tmp_path, text)
    assert done.stdout == "2\n"
    assert "Use of the keyword argument names (flag_name, default_value" in done.stderr


def test_run_calls_main_and_exits_with_what_it_returns(tmp_path):
    text = DEFINE + "def main(argv):\n    print(argv[1:], FLAGS.i)\n    return 5\ntf.app.run()"
    done = run_program(tmp_path, text, "--i=7", "left", "--unknown=1")
    assert (done.stdout, done.returncode) == ("['left', '--unknown=1'] 7\n", 5), done.stderr


def test_run_takes_main_and_argv(tmp_path):
    text = DEFINE + "tf.app.run(main=lambda argv: print(argv, FLAGS.s), argv=['p', '--s=y', 'z'])"
    assert run_program(tmp_path, text).stdout == "['p', 'z'] y\n"


def test_help_lists_the_programs_flags(tmp_path):
    text = DEFINE + "def main(_):\n    print('not called')\ntf.app.run()"
    done = run_program(tmp_path, text, "--help")
    assert "--i: an integer" in done.stdout and "not called" not in done.stdout


def test_each_line_is_logged_once_also_under_run(tmp_path):
    text = (
        "def main(_):\n"
        "    tf.logging.info('hidden')\n"
        "    tf.logging.set_verbosity(tf.logging.INFO)\n"
        "    tf.logging.info('step %d', 3)\n"
        "    tf.logging.warn('careful')\n"
        "tf.app.run()"
    )
    done = run_program(tmp_path, text)
    assert done.stderr.splitlines() == ["INFO:tensorflow:step 3", "WARNING:tensorflow:careful"]


def test_logging_now_and_then(tmp_path):
    text = (
        "L = tf.logging\n"
        "print(L.get_verbosity(), L.DEBUG, L.INFO, L.WARN, L.ERROR, L.FATAL)\n"
        "for i in range(5):\n"
        "    L.log_every_n(L.ERROR, 'every %d', 2, i)\n"
        "    L.log_first_n(L.ERROR, 'first %d', 2, i)\n"
        "    L.log_if(L.ERROR, 'if %d', i == 3, i)\n"
    )
    done = run_program(tmp_path, text)
    assert done.stdout == "30 10 20 30 40 50\n"
    assert [line.removeprefix("ERROR:tensorflow:") for line in done.stderr.splitlines()] == [
        "every 0",
        "first 0",
        "first 1",
        "every 2",
        "if 3",
        "every 4",
    ]


def test_a_configured_root_logger_is_left_alone(tmp_path):
    text = (
        "import logging\nlogging.basicConfig(format='mine %(message)s')\ntf.logging.error('e')\n"
        "print(logging.getLogger('tensorflow').handlers)"
    )
    done = run_program(tmp_path, text)
    assert (done.stdout, done.stderr) == ("[]\n", "mine e\n")
