"""ResNet18 and Inception V1 are torchvision's: the same features from the same weights."""

import warnings

import keras
import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.models.backbones import BACKBONES

torch = pytest.importorskip("torch", reason="needs torch, which reads torchvision's files")


def torchvision_models():
    """Its networks need none of its compiled operators, which may be made for another build of torch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pictures that it cannot read then
        try:
            import torchvision
        except RuntimeError:
            operators = torch.library.Library("torchvision", "DEF")
            for name in ("nms", "qnms"):
                operators.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
            import torchvision
    return torchvision.models


try:
    models = torchvision_models()
except (ImportError, RuntimeError) as error:
    pytest.skip(f"needs torchvision, the other implementation: {error}", allow_module_level=True)

IMAGE = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3), "uint8")
# The modules of torchvision whose outputs are the levels P1 to P5.
LEVELS = {
    "resnet18": ("relu", "layer1", "layer2", "layer3", "layer4"),
    "inceptionv1": ("conv1", "conv3", "inception3b", "inception4e", "inception5b"),
}


@pytest.fixture(scope="module", params=LEVELS)
def pair(request, tmp_path_factory):
    """The name of an encoder, torchvision's own with random weights and statistics, and the file of those."""
    torch.manual_seed(0)
    if request.param == "resnet18":
        theirs = models.resnet18(weights=None)
    else:
        theirs = models.googlenet(weights=None, init_weights=False, aux_logits=False, transform_input=True)
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                torch.nn.init.uniform_(values, 0.5, 1.5)
            for values in (module.bias, module.running_mean):
                torch.nn.init.normal_(values, std=0.3)
    path = tmp_path_factory.mktemp("torchvision") / "state.pth"
    torch.save(theirs.state_dict(), path)
    return request.param, theirs.eval(), path


def features_of(theirs, modules):
    """What each module gives for IMAGE, prepared as torchvision's transforms do: mean 0 and deviation 1."""
    seen = {}
    hooks = [
        # The first time that the one ReLU of ResNet is called is after the stem.
        module.register_forward_hook(lambda _, __, out, name=name: seen.setdefault(name, out.clone()))
        for name, module in theirs.named_modules()
        if name in modules
    ]
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    with torch.no_grad():
        theirs(torch.tensor(((IMAGE / 255 - mean) / deviation).transpose(0, 3, 1, 2), dtype=torch.float32))
    for hook in hooks:
        hook.remove()
    return [seen[name].numpy().transpose(0, 2, 3, 1) for name in modules]


def test_every_level_is_torchvisions(pair):
    name, theirs, path = pair
    ours = BACKBONES[name](weights=path)(IMAGE)
    for (level, features), expected in zip(ours.items(), features_of(theirs, LEVELS[name]), strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(features), expected, atol=1e-4, err_msg=level)
        assert expected.std() > 0.05


def test_it_has_torchvisions_parameters_without_the_head(pair):
    name, theirs, _ = pair
    encoder = BACKBONES[name]()
    encoder.build((None, None, None, 3))
    trainable = sum(int(np.prod(weight.shape)) for weight in encoder.trainable_weights)
    assert trainable == sum(p.numel() for key, p in theirs.named_parameters() if not key.startswith("fc"))
    assert trainable == {"resnet18": 11_176_512, "inceptionv1": 5_599_904}[name]


def test_imagenets_file_is_looked_for_where_torch_keeps_it(pair, monkeypatch, tmp_path):
    name = pair[0]
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    address = {"resnet18": models.ResNet18_Weights, "inceptionv1": models.GoogLeNet_Weights}[name].IMAGENET1K_V1.url
    with pytest.raises(ModelError) as error:
        BACKBONES[name](weights="imagenet")
    assert address in str(error.value)
    assert str(tmp_path / "hub" / "checkpoints" / address.rpartition("/")[2]) in str(error.value)


def test_a_file_of_another_network_names_a_layer(pair):
    name, _, path = pair
    other = {"resnet18": "inceptionv1", "inceptionv1": "resnet18"}[name]
    encoder = BACKBONES[other](weights=path)
    with pytest.raises(ModelError, match="it has no (conv1|conv1_conv)$"):
        encoder.build((None, None, None, 3))


def test_grey_images_take_the_sum_of_the_kernels_for_colours(pair):
    name, _, path = pair
    kernels = []
    for channels in (3, 1):
        encoder = BACKBONES[name](weights=path)
        encoder.build((None, None, None, channels))
        first = next(layer for layer in encoder.taps.layers if isinstance(layer, keras.layers.Conv2D))
        kernels.append(np.asarray(first.kernel))
    np.testing.assert_allclose(kernels[1], kernels[0].sum(axis=2, keepdims=True), atol=1e-5)


def test_a_file_that_torch_cannot_read_is_named(tmp_path):
    path = tmp_path / "text.pth"
    path.write_text("not weights")
    encoder = BACKBONES["resnet18"](weights=path)
    with pytest.raises(ModelError, match=r"text\.pth is not a state dict"):
        encoder.build((None, None, None, 3))
