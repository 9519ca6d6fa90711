"""What save_model and save_weights write, held against the layout of Keras
2.3.1's files: names and their order, types of attributes, arrays, JSON.
RT is the program; it is called in the current folder."""
import json
import os
import subprocess
import sys

import h5py
import numpy as np

bad = []


def check(good, what):
    if not good:
        bad.append(what)


def retort(script):
    r = subprocess.run([os.environ["RT"], "-n", "-b", "-"], input=script,
                       text=True, capture_output=True)
    check(r.returncode == 0, "retort: " + r.stderr + script)


def scalar_text(o, name):
    """One text of variable length, ASCII, ended by a null."""
    a = o.attrs.get_id(name)
    t = a.get_type()
    check(t.get_class() == h5py.h5t.STRING and t.is_variable_str() and
          a.shape == () and t.get_cset() == h5py.h5t.CSET_ASCII and
          t.get_strpad() == h5py.h5t.STR_NULLTERM, f"{o.name}: type of {name}")
    v = o.attrs[name]
    return v.decode() if isinstance(v, bytes) else v


def texts(o, name):
    """A list of fixed length padded with nulls; split if large; an empty one
    is float64."""
    if name not in o.attrs and name + "0" in o.attrs:
        out, i = [], 0
        while f"{name}{i}" in o.attrs:
            check(o.attrs.get_id(f"{name}{i}").get_storage_size() <= 64512,
                  f"{o.name}: {name}{i} is too large")
            out += texts(o, f"{name}{i}")
            i += 1
        return out
    a = o.attrs.get_id(name)
    t = a.get_type()
    check(len(a.shape) == 1, f"{o.name}: {name} is no list")
    if a.shape == (0,):
        check(a.dtype == np.float64, f"{o.name}: type of the empty {name}")
        return []
    check(t.get_class() == h5py.h5t.STRING and not t.is_variable_str() and
          t.get_strpad() == h5py.h5t.STR_NULLPAD, f"{o.name}: type of {name}")
    return [s.decode() for s in o.attrs[name]]


def weights(g, names):
    """Groups, names and arrays of model_weights or of a file of weights."""
    check(texts(g, "layer_names") == names, f"{g.name}: layer_names")
    check(scalar_text(g, "backend") == "tensorflow", "backend")
    scalar_text(g, "keras_version")
    for name in names:
        own = texts(g[name], "weight_names")
        for w in own:
            check(w.startswith(name + "/") and w.endswith(":0"), w)
            check(g[name][w].dtype == np.dtype("<f4"), f"type of {w}")
        yield name, own


# Keys that the classes of Keras 2.3.1 write beside name, trainable, dtype and
# batch_input_shape; what else is written it would refuse.
conv = """filters kernel_size strides padding data_format dilation_rate
activation use_bias kernel_initializer bias_initializer kernel_regularizer
bias_regularizer activity_regularizer kernel_constraint bias_constraint"""
rnn = """units activation use_bias kernel_initializer recurrent_initializer
bias_initializer kernel_regularizer recurrent_regularizer bias_regularizer
activity_regularizer kernel_constraint recurrent_constraint bias_constraint
dropout recurrent_dropout return_sequences return_state go_backwards stateful
unroll"""
pool = "pool_size strides padding data_format"
sep = conv.replace("kernel_initializer", "depthwise_initializer "
                   "pointwise_initializer").replace(
    "kernel_regularizer", "depthwise_regularizer pointwise_regularizer"
    ).replace("kernel_constraint", "depthwise_constraint "
              "pointwise_constraint") + " depth_multiplier"
known = {
    "Activation": "activation",
    "Add": "", "Subtract": "", "Multiply": "", "Average": "", "Maximum": "",
    "Minimum": "", "Concatenate": "axis", "Dot": "axes normalize",
    "AlphaDropout": "rate",
    "GaussianDropout": "rate", "GaussianNoise": "stddev",
    "Dropout": "rate noise_shape seed",
    "SpatialDropout1D": "rate noise_shape seed",
    "SpatialDropout2D": "rate noise_shape seed data_format",
    "SpatialDropout3D": "rate noise_shape seed data_format",
    "BatchNormalization": """axis momentum epsilon center scale
        beta_initializer gamma_initializer moving_mean_initializer
        moving_variance_initializer beta_regularizer gamma_regularizer
        beta_constraint gamma_constraint""",
    "Bidirectional": "merge_mode layer", "TimeDistributed": "layer",
    "Conv1D": conv, "Conv2D": conv, "Conv3D": conv,
    "Conv2DTranspose": conv + " output_padding",
    "DepthwiseConv2D": conv.replace("filters", "").replace(
        "kernel_initializer", "depthwise_initializer").replace(
        "kernel_regularizer", "depthwise_regularizer").replace(
        "kernel_constraint", "depthwise_constraint") + " depth_multiplier",
    "SeparableConv1D": sep, "SeparableConv2D": sep,
    "Cropping1D": "cropping", "Cropping2D": "cropping data_format",
    "ZeroPadding1D": "padding", "ZeroPadding2D": "padding data_format",
    "Cropping3D": "cropping data_format",
    "ZeroPadding3D": "padding data_format",
    "UpSampling3D": "size data_format",
    "MaxPooling3D": pool, "AveragePooling3D": pool,
    "GlobalAveragePooling3D": "data_format",
    "GlobalMaxPooling3D": "data_format",
    "UpSampling1D": "size", "UpSampling2D": "size data_format interpolation",
    "Dense": """units activation use_bias kernel_initializer bias_initializer
        kernel_regularizer bias_regularizer activity_regularizer
        kernel_constraint bias_constraint""",
    "ELU": "alpha", "LeakyReLU": "alpha", "ThresholdedReLU": "theta",
    "PReLU": """alpha_initializer alpha_regularizer alpha_constraint
        shared_axes""",
    "ReLU": "max_value negative_slope threshold", "Softmax": "axis",
    "Embedding": """input_dim output_dim embeddings_initializer
        embeddings_regularizer activity_regularizer embeddings_constraint
        mask_zero input_length""",
    "Flatten": "data_format", "Permute": "dims", "RepeatVector": "n",
    "Reshape": "target_shape",
    "MaxPooling1D": pool, "MaxPooling2D": pool, "AveragePooling1D": pool,
    "AveragePooling2D": pool,
    "GlobalAveragePooling1D": "data_format",
    "GlobalAveragePooling2D": "data_format",
    "GlobalMaxPooling1D": "data_format", "GlobalMaxPooling2D": "data_format",
    "GRU": rnn + " recurrent_activation implementation reset_after",
    "LSTM": rnn + " recurrent_activation implementation unit_forget_bias",
    "SimpleRNN": rnn,
    "InputLayer": "sparse",
}


def check_config(entry, input_too=True):
    name = entry["class_name"]
    c = entry["config"]
    check(isinstance(c.get("name"), str), f"{name} without a name")
    own = known.get(name)
    if own is None:
        return  # a class that Keras 2.3.1 has not
    for key in c:
        check(key in own.split() or key in
              ("name", "trainable", "dtype", "batch_input_shape") or
              (key == "groups" and c[key] > 1),
              f"{name} has no '{key}' in Keras 2.3.1")
    for key in own.split():
        check(key in c, f"{name} without '{key}'")
    for key, v in c.items():
        if isinstance(v, dict) and v.get("class_name") in (
                "VarianceScaling", "RandomUniform", "Orthogonal"):
            check("seed" in v["config"], f"{name}: {key} without seed")
    check(c.get("dtype") == "float32", f"{name} without dtype")
    # where it is not, Keras takes what its user set
    if "data_format" in own.split() and not name.endswith("1D"):
        check(c.get("data_format") == "channels_last",
              f"{name} without data_format")
    if "layer" in c:
        check_config(c["layer"])


def first_file():
    retort("""seed 1
data s generate spiral n=40 classes=3
onehot s y
model m
input dense_1_input 2
dense 5 activation=tanh
dropout 0.25
dense 3 activation=softmax kernel_regularizer=l2(0.01)
output
compile adam lr=0.01 loss=categorical_crossentropy metrics=acc
fit s epochs=2 batch_size=16
save_model m.h5
save_weights w.h5
save_weights w.npz
save_model bare.h5 -no_optimizer dialect=keras-2.1.6
save_model tf.h5 dialect=tf.keras-2.4.0
""")
    f = h5py.File("m.h5", "r")
    layers = ["dense_1", "dropout_1", "dense_2"]
    check(scalar_text(f, "keras_version") == "2.3.1", "keras_version")
    check(sorted(f) == ["model_weights", "optimizer_weights"], "groups")
    config = json.loads(scalar_text(f, "model_config"))
    check(config["class_name"] == "Sequential", "class")
    entries = config["config"]["layers"]
    check([e["config"]["name"] for e in entries] == layers, "layers")
    check(entries[0]["config"]["batch_input_shape"] == [None, 2], "shape")
    check(entries[2]["config"]["kernel_regularizer"] ==
          {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}},
          "kernel_regularizer")
    found = dict(weights(f["model_weights"], layers))
    check(found["dense_1"] == ["dense_1/kernel:0", "dense_1/bias:0"], "names")
    check(found["dropout_1"] == [], "no weights of dropout")
    z = np.load("w.npz")
    for layer in ("dense_1", "dense_2"):
        for w in ("kernel", "bias"):
            check(np.array_equal(f["model_weights"][layer][layer][w + ":0"],
                                 z[f"{layer}/{w}"]), f"{layer}/{w}")
    t = json.loads(scalar_text(f, "training_config"))
    check(t["optimizer_config"]["class_name"] == "Adam", "optimizer")
    check(set(t["optimizer_config"]["config"]) == {
        "learning_rate", "beta_1", "beta_2", "decay", "epsilon", "amsgrad"},
        f"optimizer's config {t['optimizer_config']['config']}")
    check(t["loss"] == "categorical_crossentropy" and t["metrics"] == ["acc"],
          "loss and metrics")
    o = f["optimizer_weights"]
    names = texts(o, "weight_names")
    check(names == ["Adam/iterations:0"] + [
        f"training/Adam/{s}_{i}:0" for s in ("m", "v", "vhat")
        for i in range(4)], f"optimizer's weight_names {names}")
    check(o["Adam/iterations:0"].dtype == np.int64 and
          o["Adam/iterations:0"].shape == () and
          o["Adam/iterations:0"][()] == 6, "iterations")
    check(o["training/Adam/m_0:0"].shape == (2, 5) and
          o["training/Adam/vhat_3:0"].shape == (1,), "shapes of slots")
    w = h5py.File("w.h5", "r")
    list(weights(w, layers))
    check(np.array_equal(w["dense_2/dense_2/kernel:0"],
                         f["model_weights/dense_2/dense_2/kernel:0"]),
          "weights alone")
    old = h5py.File("bare.h5", "r")
    config = json.loads(scalar_text(old, "model_config"))
    check(isinstance(config["config"], list) and
          scalar_text(old, "keras_version") == "2.1.6" and
          "training_config" not in old.attrs, "keras-2.1.6")
    new = json.loads(scalar_text(h5py.File("tf.h5", "r"), "model_config"))
    check(new["config"]["layers"][0]["class_name"] == "InputLayer",
          "tf.keras-2.4.0")


def network_file():
    retort("""seed 1
model net
input left 4
input right 4
dense 3 from=left name=shared
call shared from=right
add shared:0 shared:1
dense 1 name=a
dense 2 name=b from=add_1
output a
output b
compile sgd loss=a:mse,b:mae loss_weights=a:1,b:0.5 metrics=b:mse
save_model net.h5
""")
    f = h5py.File("net.h5", "r")
    c = json.loads(scalar_text(f, "model_config"))
    check(c["class_name"] == "Model", "class of a network")
    c = c["config"]
    entry = {e["name"]: e for e in c["layers"]}
    check(c["name"] == "net" and
          c["input_layers"] == [["left", 0, 0], ["right", 0, 0]] and
          c["output_layers"] == [["a", 0, 0], ["b", 0, 0]], "ends")
    check(entry["shared"]["inbound_nodes"] ==
          [[["left", 0, 0, {}]], [["right", 0, 0, {}]]] and
          entry["add_1"]["inbound_nodes"] ==
          [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]], "inbound_nodes")
    list(weights(f["model_weights"], list(entry)))
    t = json.loads(scalar_text(f, "training_config"))
    check(t["loss"] == {"a": "mse", "b": "mae"} and
          t["loss_weights"] == {"a": 1.0, "b": 0.5} and
          t["metrics"] == {"a": [], "b": ["mse"]}, "training_config")
    check("optimizer_weights" not in f, "no state before the first update")


def other_versions():
    """Keys that came or went with a version of Keras."""
    retort("""model m
input conv1d_1_input 4x3
conv1d 4 2
bidirectional {lstm 2 return_sequences=yes}
gru 3
dense 2
output
compile rmsprop loss=mse
save_model v216.h5 dialect=keras-2.1.6
save_model v224.h5 dialect=keras-2.2.4
save_model v231.h5 dialect=keras-2.3.1
save_model v240.h5 dialect=tf.keras-2.4.0
""")
    def both(name):
        f = h5py.File(name, "r")
        c = json.loads(scalar_text(f, "model_config"))["config"]
        c = c if isinstance(c, list) else c["layers"]
        return ({e["class_name"]: e["config"] for e in c},
                json.loads(scalar_text(f, "training_config")))
    for name in ("v216", "v224", "v231", "v240"):
        c, t = both(name + ".h5")
        tf, new = name == "v240", name in ("v231", "v240")
        gru, inner = c["GRU"], c["Bidirectional"]["layer"]["config"]
        for r in (gru, inner):
            check(r["unroll"] is False and r["implementation"] == 2 and
                  ("time_major" in r) == tf, f"{name}: recurrent keys")
            check(("dtype" in r) == new, f"{name}: dtype of a layer")
        check(("data_format" in c["Conv1D"]) == (name != "v216"),
              f"{name}: data_format of Conv1D")
        check(("groups" in c["Conv1D"]) == tf, f"{name}: groups")
        check(("batch_input_shape" in c["Conv1D"]) == (not tf) and
              ("dtype" in c["Conv1D"]), f"{name}: the first layer")
        check(("InputLayer" in c) == tf, f"{name}: InputLayer")
        o = t["optimizer_config"]["config"]
        for key in ("momentum", "centered", "name"):
            check((key in o) == tf, f"{name}: {key} of RMSprop")
        check(("sample_weight_mode" in t) == (not tf), f"{name}: weights")


def many_names():
    lines = ["model m", "input x 1"]
    lines += [f"dense 1 name={'n' * 90}{i:04}" for i in range(1500)]
    retort("\n".join(lines) + "\nsave_weights many.h5\n"
           "load_weights many.h5\n")
    f = h5py.File("many.h5", "r")
    check("layer_names0" in f.attrs and "layer_names" not in f.attrs, "split")
    names = texts(f, "layer_names")
    check(names == ["x"] + ["n" * 90 + f"{i:04}" for i in range(1500)],
          "split names")


def every_layer():
    """The examples of all layer commands, each saved."""
    listed = subprocess.run([os.environ["RT"], "-n", "-b", "-c",
                             "help -reference"], text=True,
                            capture_output=True).stdout
    part = listed.split("\n## ")
    examples = []
    for block in listed.split("\n### ")[1:]:
        if "[trainable=yes|no]" in block and "```" in block:
            examples.append((block.split("\n")[0],
                             block.split("```")[1].split("\n", 1)[1]))
    check(len(examples) > 5, "no examples of layers")
    for name, script in examples:
        retort(f"seed 1\n{script}\nsave_model {name}.h5\n")
        if not os.path.exists(f"{name}.h5"):
            continue
        c = json.loads(scalar_text(h5py.File(f"{name}.h5", "r"),
                                   "model_config"))["config"]
        for entry in c["layers"]:
            check_config(entry)


first_file()
network_file()
other_versions()
many_names()
every_layer()
print("\n".join(bad[:20]))
sys.exit(1 if bad else 0)
