"""What one frame costs, counted and not measured: arithmetic, weights, state."""

import math

import keras

from seqseg.errors import ModelError

MEGA, GIGA = 1e6, 1e9


def frame_gflops(model, size=(360, 480)):
    """GFLOPs of one streamed frame of `size`: a multiply-add is two, in convolutions and matrix products only.

    That is what papers mean when they give twice their multiply-adds; normalization, activations and resizing are left
    out. Counted is what runs, from the shapes in the backend's own graph: a decoder that doubles and convolves in one
    step (`UpConv`) has four ninths of the multiply-adds of the two steps it stands for.

    Args:
        model: a `Segmenter`.
        size: (height, width).

    Example:
        >>> round(frame_gflops(build_model("unet_lstm", classes=21)), 1)
        28.2
    """
    channels, condition = model.card.channels, model.card.condition
    state = model.initial_state(1, *size)

    def step(image, *vector):
        return model(image, state=state, return_state=True, condition=vector[0] if vector else None, training=False)

    vectors = [(1, condition)] if condition else []
    return 2 * multiply_adds(step, (1, *size, channels), *vectors) / GIGA


def weights_mb(model):
    """The size of all weights in megabytes of 10^6 bytes, those that are not trained included."""
    return sum(math.prod(weight.shape) * _bytes_each(weight.dtype) for weight in model.variables) / MEGA


def state_mb(model, size=(360, 480)):
    """The size of the state of one stream of frames of `size`, in megabytes: float32, whatever the precision."""
    return 4 * sum(map(math.prod, model.initial_state_shapes(1, *size).values())) / MEGA


def multiply_adds(call, *shapes):
    """The multiply-adds in the convolutions and matrix products of `call(*inputs)`, inputs float32 of these shapes.

    TensorFlow and JAX only trace the call, torch runs it once on zeros.

    Example:
        >>> multiply_adds(keras.applications.MobileNetV2(weights=None), (1, 224, 224, 3))
        300774272
    """
    return _COUNTERS[keras.backend.backend()](call, shapes)


def _bytes_each(dtype):
    return {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}.get(keras.backend.standardize_dtype(dtype), 4)


def _in_tensorflow(call, shapes):
    import tensorflow

    specs = [tensorflow.TensorSpec(shape, "float32") for shape in shapes]
    traced = tensorflow.function(call, autograph=False).get_concrete_function(*specs)
    return _in_graph(traced.graph)


def _in_graph(graph):
    return sum(_in_operation(operation, graph) for operation in graph.get_operations())


def _in_operation(operation, graph):
    kind = operation.type
    if kind in ("PartitionedCall", "StatefulPartitionedCall"):  # grouped convolutions come in functions of their own
        return _in_graph(graph._get_function(operation.get_attr("f").name).graph)
    if kind in _GRAPH_RULES:
        return _GRAPH_RULES[kind](operation, operation.outputs[0])
    if kind in ("While", "StatelessWhile", "XlaConvV2", "Conv3D"):
        raise ModelError(f"cannot count what a {kind} in the graph takes ({operation.name}); it has no rule in cost.py")
    return 0


def _size(tensor):
    if not tensor.shape.is_fully_defined():
        raise ModelError(f"cannot count {tensor.op.type} {tensor.op.name}: its shape {tensor.shape} is not fixed")
    return math.prod(tensor.shape)


def _convolution(operation, output):
    """Every output takes the whole kernel of one filter."""
    kernel = operation.inputs[1]
    return _size(output) * _size(kernel) // kernel.shape[-1]


def _depthwise(operation, output):
    return _size(output) * math.prod(operation.inputs[1].shape[:2])


def _transposed_convolution(operation, _):
    """Every input, (its size, kernel, input), is painted by the whole kernel of its channel."""
    kernel, features = operation.inputs[1:3]
    return _size(features) * _size(kernel) // kernel.shape[-1]


def _transposed_depthwise(operation, _):
    return _size(operation.inputs[2]) * math.prod(operation.inputs[1].shape[:2])


def _matrix_product(transposed):
    def count(operation, output):
        left = operation.inputs[0].shape
        return _size(output) * left[-2 if operation.get_attr(transposed) else -1]

    return count


def _einsum(operation, _):
    axes = operation.get_attr("equation").decode().split("->")[0].split(",")
    if len(axes) == 1:
        return 0
    if "." in "".join(axes):
        raise ModelError(f"cannot count the einsum {axes} of {operation.name}: write its axes out")
    sizes = {}
    for names, operand in zip(axes, operation.inputs, strict=True):
        sizes |= zip(names, operand.shape, strict=True)
    return math.prod(sizes.values())


_GRAPH_RULES = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed_convolution,
    "DepthwiseConv2dNativeBackpropInput": _transposed_depthwise,
    "MatMul": _matrix_product("transpose_a"),
    "BatchMatMulV2": _matrix_product("adj_x"),
    "Einsum": _einsum,
}


def _in_jax(call, shapes):
    import jax

    def stateless(*inputs):
        with keras.StatelessScope():
            return call(*inputs)

    inputs = [jax.ShapeDtypeStruct(shape, "float32") for shape in shapes]
    return _in_jaxpr(jax.make_jaxpr(stateless)(*inputs).jaxpr)


def _in_jaxpr(jaxpr):
    return sum(_in_equation(equation) for equation in jaxpr.eqns)


def _in_equation(equation):
    name, parameters = equation.primitive.name, equation.params
    if name == "conv_general_dilated":
        return _jax_convolution(equation)
    if name == "dot_general":
        (contracted, _), _ = parameters["dimension_numbers"]
        left = equation.invars[0].aval.shape
        return math.prod(equation.outvars[0].aval.shape) * math.prod(left[axis] for axis in contracted)
    if parameters.get("name") == "_resize":  # jax.image.resize is matrix products, where others look up neighbours
        return 0
    inner = [value for value in parameters.values() if hasattr(value, "eqns") or hasattr(value, "jaxpr")]
    return parameters.get("length", 1) * sum(_in_jaxpr(getattr(part, "jaxpr", part)) for part in inner)


def _jax_convolution(equation):
    """As in TensorFlow; a transposed convolution is one whose input is spread out, and only its own pixels count."""
    features, kernel = (variable.aval.shape for variable in equation.invars)
    output, axes = equation.outvars[0].aval.shape, equation.params["dimension_numbers"]
    spread = max(equation.params["lhs_dilation"], default=1) > 1
    positions, at = (features, axes.lhs_spec) if spread else (output, axes.out_spec)
    return positions[at[0]] * math.prod(positions[axis] for axis in at[2:]) * math.prod(kernel)


def _in_torch(call, shapes):
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    device = keras.ops.zeros(()).device
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call(*(torch.zeros(shape, device=device) for shape in shapes))
    return counter.get_total_flops() // 2


_COUNTERS = {"tensorflow": _in_tensorflow, "jax": _in_jax, "torch": _in_torch}
