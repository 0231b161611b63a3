"""Learn to count: a recurrent network over sequences of several lengths, and a loop that decodes.

    python examples/sequences.py

Shows dynamic_rnn with lengths, gradients through it, an assertion in the training step, and a
while_loop that writes what it chooses into a TensorArray.
"""

import numpy as np

import evergraph as tf

SYMBOLS, UNITS, BATCH, LENGTH, STEPS, DECODED = 20, 32, 8, 12, 120, 10

tf.set_random_seed(1)
symbols = tf.placeholder(tf.int32, [None, None], name="symbols")
lengths = tf.placeholder(tf.int32, [None], name="lengths")

embedding = tf.get_variable("embedding", [SYMBOLS, UNITS])
cell = tf.nn.rnn_cell.GRUCell(UNITS)
inputs = tf.nn.embedding_lookup(embedding, symbols[:, :-1])
outputs, _ = tf.nn.dynamic_rnn(cell, inputs, sequence_length=lengths, dtype=tf.float32)
weights = tf.get_variable("weights", [UNITS, SYMBOLS])
logits = tf.tensordot(outputs, weights, axes=1)
mask = tf.sequence_mask(lengths, tf.shape(symbols)[1] - 1, dtype=tf.float32)
loss = tf.contrib.seq2seq.sequence_loss(logits, symbols[:, 1:], mask)
with tf.control_dependencies([tf.assert_positive(lengths, message="an empty sequence")]):
    train = tf.train.AdamOptimizer(0.01).minimize(loss)


def decode_one(time, symbol, state, chosen):
    """Feed the last symbol, choose the likeliest next one, and keep it."""
    output, state = cell(tf.nn.embedding_lookup(embedding, symbol), state)
    symbol = tf.argmax(tf.matmul(output, weights), axis=1, output_type=tf.int32)
    return time + 1, symbol, state, chosen.write(time, symbol)


first = tf.placeholder(tf.int32, [None], name="first")
with tf.variable_scope("rnn", reuse=True):
    *_, chosen = tf.while_loop(
        lambda time, *_: time < DECODED,
        decode_one,
        [0, first, cell.zero_state(tf.size(first), tf.float32), tf.TensorArray(tf.int32, DECODED)],
    )
decoded = tf.transpose(chosen.stack())

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    rows = (np.arange(LENGTH) + np.arange(BATCH)[:, None]) % SYMBOLS
    feeds = {symbols: rows, lengths: np.arange(BATCH) % 4 + LENGTH - 4}
    for step in range(STEPS):
        value, _ = session.run([loss, train], feeds)
        if step % 30 == 0:
            print(f"step {step:3d}: loss {value:.4f}")
    for row in session.run(decoded, {first: [0, 3]}):
        print("decoded", *row)
