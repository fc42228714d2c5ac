"""The cost of one frame, counted from the graph: arithmetic, weights, state."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import keras

from seqseg.errors import ModelError
from seqseg.models.clip_model import ClipModel

MEGA, GIGA = 1e6, 1e9

Shape: TypeAlias = tuple[int, ...]


def frame_gflops(model: ClipModel, size: tuple[int, int] = (360, 480)) -> float:
    """GFLOPs of one streamed frame of `size`: two for each multiply-add in convolutions and matrix products.

    This is the convention of papers that give twice the multiply-adds; normalization, activations and resizing do not
    count. The shapes come from the backend's own graph, so what runs is counted: `UpConv`, which upsamples and
    convolves in one step, has 4/9 of the multiply-adds of the two steps.

    Args:
        model: a `Segmenter`.
        size: (height, width).

    Example:
        >>> round(frame_gflops(build_model("unet_lstm", classes=21)), 1)
        28.2
    """
    channels, condition = model.card.channels, model.card.condition
    state = model.initial_state(1, *size)

    def step(image: Any, *vector: Any) -> Any:
        return model(image, state=state, return_state=True, condition=vector[0] if vector else None, training=False)

    vectors = [(1, condition)] if condition else []
    return 2 * multiply_adds(step, (1, *size, channels), *vectors) / GIGA


def weights_mb(model: ClipModel) -> float:
    """The size of all weights, also those that are not trained, in megabytes of 10^6 bytes."""
    return sum(_product(weight.shape) * _bytes_each(weight.dtype) for weight in model.variables) / MEGA


def state_mb(model: ClipModel, size: tuple[int, int] = (360, 480)) -> float:
    """The size of the state of one stream of frames of `size`, in megabytes; states are float32 in any precision."""
    numbers: list[int] = [_product(shape) for shape in model.initial_state_shapes(1, *size).values()]
    return 4 * sum(numbers) / MEGA


def multiply_adds(call: Callable[..., Any], *shapes: Shape) -> int:
    """The multiply-adds in the convolutions and matrix products of `call(*inputs)`, inputs float32 of these shapes.

    TensorFlow and JAX trace the call; torch runs it once on zeros.

    Example:
        >>> multiply_adds(keras.applications.MobileNetV2(weights=None), (1, 224, 224, 3))
        300774272
    """
    return _COUNTERS[keras.backend.backend()](call, shapes)


def _product(sizes: Iterable[Any]) -> int:
    return int(math.prod(sizes))


def _bytes_each(dtype: Any) -> int:
    return {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}.get(keras.backend.standardize_dtype(dtype), 4)


def _in_tensorflow(call: Callable[..., Any], shapes: Sequence[Shape]) -> int:
    import tensorflow

    specs = [tensorflow.TensorSpec(shape, "float32") for shape in shapes]
    traced = tensorflow.function(call, autograph=False).get_concrete_function(*specs)
    return _in_graph(traced.graph)


def _in_graph(graph: Any) -> int:
    return sum(_in_operation(operation, graph) for operation in graph.get_operations())


def _in_operation(operation: Any, graph: Any) -> int:
    kind = operation.type
    if kind in ("PartitionedCall", "StatefulPartitionedCall"):  # grouped convolutions are functions of their own
        return _in_graph(graph._get_function(operation.get_attr("f").name).graph)
    if kind in _GRAPH_RULES:
        return _GRAPH_RULES[kind](operation, operation.outputs[0])
    if kind in ("While", "StatelessWhile", "XlaConvV2", "Conv3D"):
        raise ModelError(f"cannot count {kind} ({operation.name}); add a rule to cost/arithmetic.py")
    return 0


def _size(tensor: Any) -> int:
    if not tensor.shape.is_fully_defined():
        raise ModelError(f"cannot count {tensor.op.type} {tensor.op.name}: its shape {tensor.shape} is not fixed")
    return _product(tensor.shape)


def _convolution(operation: Any, output: Any) -> int:
    """Every output uses the whole kernel of one filter."""
    kernel = operation.inputs[1]
    return _size(output) * _size(kernel) // int(kernel.shape[-1])


def _depthwise(operation: Any, output: Any) -> int:
    return _size(output) * _product(operation.inputs[1].shape[:2])


def _transposed_convolution(operation: Any, _: Any) -> int:
    """Every input value uses the whole kernel of its channel; the inputs are (output size, kernel, features)."""
    kernel, features = operation.inputs[1:3]
    return _size(features) * _size(kernel) // int(kernel.shape[-1])


def _transposed_depthwise(operation: Any, _: Any) -> int:
    return _size(operation.inputs[2]) * _product(operation.inputs[1].shape[:2])


def _matrix_product(transposed: str) -> Callable[[Any, Any], int]:
    def count(operation: Any, output: Any) -> int:
        left = operation.inputs[0].shape
        return _size(output) * int(left[-2 if operation.get_attr(transposed) else -1])

    return count


def _einsum(operation: Any, _: Any) -> int:
    axes = operation.get_attr("equation").decode().split("->")[0].split(",")
    if len(axes) == 1:
        return 0
    if "." in "".join(axes):
        raise ModelError(f"cannot count the einsum {axes} of {operation.name}; name all its axes")
    sizes: dict[str, int] = {}
    for names, operand in zip(axes, operation.inputs, strict=True):
        sizes |= zip(names, operand.shape, strict=True)
    return _product(sizes.values())


_GRAPH_RULES = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed_convolution,
    "DepthwiseConv2dNativeBackpropInput": _transposed_depthwise,
    "MatMul": _matrix_product("transpose_a"),
    "BatchMatMulV2": _matrix_product("adj_x"),
    "Einsum": _einsum,
}


def _in_jax(call: Callable[..., Any], shapes: Sequence[Shape]) -> int:
    import jax

    def stateless(*inputs: Any) -> Any:
        with keras.StatelessScope():
            return call(*inputs)

    inputs = [jax.ShapeDtypeStruct(shape, "float32") for shape in shapes]
    return _in_jaxpr(jax.make_jaxpr(stateless)(*inputs).jaxpr)


def _in_jaxpr(jaxpr: Any) -> int:
    return sum(_in_equation(equation) for equation in jaxpr.eqns)


def _in_equation(equation: Any) -> int:
    name, parameters = equation.primitive.name, equation.params
    if name == "conv_general_dilated":
        return _jax_convolution(equation)
    if name == "dot_general":
        (contracted, _), _ = parameters["dimension_numbers"]
        left = equation.invars[0].aval.shape
        return _product(equation.outvars[0].aval.shape) * _product(left[axis] for axis in contracted)
    if parameters.get("name") == "_resize":  # matrix products in JAX, not in other backends
        return 0
    inner = [value for value in parameters.values() if hasattr(value, "eqns") or hasattr(value, "jaxpr")]
    return int(parameters.get("length", 1)) * sum(_in_jaxpr(getattr(part, "jaxpr", part)) for part in inner)


def _jax_convolution(equation: Any) -> int:
    """As in TensorFlow; a transposed convolution has a dilated input, of which only the features' own pixels count."""
    features, kernel = (variable.aval.shape for variable in equation.invars)
    output, axes = equation.outvars[0].aval.shape, equation.params["dimension_numbers"]
    transposed = max(equation.params["lhs_dilation"], default=1) > 1
    positions, at = (features, axes.lhs_spec) if transposed else (output, axes.out_spec)
    return int(positions[at[0]]) * _product(positions[axis] for axis in at[2:]) * _product(kernel)


def _in_torch(call: Callable[..., Any], shapes: Sequence[Shape]) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    device = keras.ops.zeros(()).device
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call(*(torch.zeros(shape, device=device) for shape in shapes))
    return int(counter.get_total_flops()) // 2


_COUNTERS = {"tensorflow": _in_tensorflow, "jax": _in_jax, "torch": _in_torch}
