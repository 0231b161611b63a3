"""The tutorial's regression: a hidden layer of ten learns y = x^2 - 0.5 from 300 noisy points."""

import numpy as np

import evergraph as tf


def add_layer(inputs, in_size, out_size, activation_function=None):
    """A dense layer: activation(inputs @ weights + biases)."""
    weights = tf.Variable(tf.random_normal([in_size, out_size]))
    biases = tf.Variable(tf.zeros([1, out_size]) + 0.1)
    outputs = tf.matmul(inputs, weights) + biases
    return outputs if activation_function is None else activation_function(outputs)


def main() -> None:
    """Train for 1,000 steps and print the loss at every fiftieth."""
    tf.set_random_seed(1)
    noise = np.random.RandomState(1).normal(0, 0.05, [300, 1])
    x_data = np.linspace(-1, 1, 300)[:, np.newaxis]
    y_data = np.square(x_data) - 0.5 + noise

    xs = tf.placeholder(tf.float32, [None, 1])
    ys = tf.placeholder(tf.float32, [None, 1])
    hidden = add_layer(xs, 1, 10, activation_function=tf.nn.relu)
    prediction = add_layer(hidden, 10, 1)
    loss = tf.reduce_mean(tf.reduce_sum(tf.square(ys - prediction), axis=[1]))
    train_step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

    feeds = {xs: x_data, ys: y_data}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(1000):
            sess.run(train_step, feed_dict=feeds)
            if step % 50 == 0:
                print(f"step {step:3d}: loss {sess.run(loss, feed_dict=feeds):.5f}")


if __name__ == "__main__":
    main()
