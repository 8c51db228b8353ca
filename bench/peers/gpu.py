"""PyTorch's side of the GPU bench: takes a JSON line for each measurement and answers with one.

One process for all of them, so that what is compiled for the first run is there for the next. The tasks are those
of bench/gpu/steps.cc: ResNet-50 with ten classes on random images that are on the device already.

eager:    channels-last, cuDNN's kernels chosen by trying, frozen layers in bfloat16 with BatchNorm folded and without
          gradients, trained ones under bfloat16 autocast, the fused Adam
compiled: the same through torch.compile's max-autotune, which records CUDA graphs as well
"""

import gc
import json
import sys
import time

import torch
from torch import nn

try:
    import torchvision
except RuntimeError:  # its compiled operators do not load; none is called here, but they must be declared
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    operators = torch.library.Library("torchvision", "DEF")
    operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

BATCHES = 4  # as in steps.cc: none is in the device's cache when its turn comes
CLASSES = 10
FEATURES_AT_A_TIME = 256
STAGES = ("layer1", "layer2", "layer3", "layer4")


def fused(convolution, norm):
    return torch.nn.utils.fusion.fuse_conv_bn_eval(convolution.eval(), norm.eval())


def fold(block):
    for i in (1, 2, 3):
        setattr(block, f"conv{i}", fused(getattr(block, f"conv{i}"), getattr(block, f"bn{i}")))
        setattr(block, f"bn{i}", nn.Identity())
    if block.downsample is not None:
        block.downsample = fused(block.downsample[0], block.downsample[1])
    return block


def parts(first_trained):
    """(frozen, trained): the stages before `first_trained` ("head" for all of them, None for none) and the rest."""
    network = torchvision.models.resnet50(num_classes=CLASSES)
    head = nn.Sequential(network.avgpool, nn.Flatten(), network.fc)
    if first_trained is None:
        stem = [network.conv1, network.bn1, network.relu, network.maxpool]
        return None, nn.Sequential(*stem, *(getattr(network, name) for name in STAGES), head)
    stages = STAGES if first_trained == "head" else STAGES[: STAGES.index(first_trained)]
    blocks = [fold(block) for name in stages for block in getattr(network, name)]
    frozen = nn.Sequential(fused(network.conv1, network.bn1), network.relu, network.maxpool, *blocks)
    rest = [getattr(network, name) for name in STAGES[len(stages) :]]
    return frozen.eval().requires_grad_(False), nn.Sequential(*rest, head).train()


class Loss(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, y):
        return nn.functional.cross_entropy(self.network(x).float(), y)


class Runner:
    def __init__(self, request):
        self.device, self.batch, self.side = request["device"], request["batch"], request["side"]
        self.compute = torch.float32 if request["precision"] == "float32" else torch.bfloat16
        self.compiled = request["variant"] == "compiled"
        task = request["task"]
        if task == "forward":
            self.step = self.forward()
        else:
            first = {"layer4": "layer4", "layer4-cached": "layer4", "head-cached": "head"}.get(task)
            frozen, trained = parts(first)
            if task == "everything-frozen-norm":
                for module in trained.modules():
                    if isinstance(module, nn.BatchNorm2d):
                        module.eval().requires_grad_(False)
            self.step = self.train(frozen, trained, cached=task.endswith("-cached"))

    def draw(self, count):
        images = torch.randn(count, 3, self.side, self.side, device=self.device)
        return images.to(self.compute).contiguous(memory_format=torch.channels_last)

    def images(self):
        return [self.draw(self.batch) for _ in range(BATCHES)]

    def features(self, frozen):
        """Some images at a time: the maps of thousands would have more numbers than an int32 counts."""
        counts = [min(FEATURES_AT_A_TIME, self.batch - i) for i in range(0, self.batch, FEATURES_AT_A_TIME)]
        with torch.no_grad():
            return [torch.cat([frozen(self.draw(count)).clone() for count in counts]) for _ in range(BATCHES)]

    def prepared(self, module, dtype=None):
        return module.to(device=self.device, dtype=dtype, memory_format=torch.channels_last)

    def compile(self, module):
        return torch.compile(module, mode="max-autotune") if self.compiled else module

    def forward(self):
        frozen, trained = parts("head")
        network = self.compile(self.prepared(nn.Sequential(frozen, trained).eval(), self.compute))
        images = self.images()

        def step(i):
            if self.compiled:
                torch.compiler.cudagraph_mark_step_begin()
            with torch.inference_mode():
                return network(images[i % BATCHES])

        return step

    def train(self, frozen, trained, cached):
        loss = self.prepared(Loss(trained))
        run = self.compile(loss)
        parameters = [p for p in loss.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(parameters, lr=1e-5, eps=1e-7, fused=True)
        features = None if frozen is None else self.prepared(frozen, self.compute)
        if cached:  # compiling what runs once would only cost time
            inputs, features = self.features(features), None
        else:
            inputs = self.images()
            if features is not None:
                features = self.compile(features)
        labels = torch.randint(CLASSES, (self.batch,), device=self.device)

        def step(i):
            if self.compiled:
                torch.compiler.cudagraph_mark_step_begin()
            x = inputs[i % BATCHES]
            if features is not None:
                with torch.no_grad():
                    x = features(x)
            with torch.autocast(self.device, torch.bfloat16, enabled=self.compute == torch.bfloat16):
                value = run(x, labels)
            value.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            return value.detach()

        return step

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def rate(self, seconds):
        """Images a second; measured as steps.cc measures."""
        done = 0

        def run(count):
            nonlocal done
            start = time.perf_counter()
            for _ in range(count):
                last = self.step(done)
                done += 1
            self.wait()
            return time.perf_counter() - start, last

        run(8)
        once = run(2)[0] / 2
        count = int(seconds / once) + 1
        spent, last = run(count)
        if not last.float().isfinite().all():
            raise RuntimeError("the results are not finite")
        return count * self.batch / spent


def serve():
    torch.backends.cudnn.benchmark = True
    kept = None, None  # the last runner: one at a time is in the device's memory
    for line in sys.stdin:
        request = json.loads(line)
        seconds = request.pop("seconds")
        key = json.dumps(request, sort_keys=True)
        try:
            if kept[0] != key:
                kept = None, None
                gc.collect()
                if request["device"] == "cuda":
                    torch.cuda.empty_cache()
                kept = key, Runner(request)
            answer = {"imagesPerSecond": kept[1].rate(seconds)}
            if request["device"] == "cuda":
                torch.cuda.empty_cache()  # the other side's turn
        except Exception as error:  # one failed measurement must not end the others
            kept = None, None
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["versions"]:
        gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
        versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
        print(json.dumps({**versions, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version(), "gpu": gpu}))
    else:
        serve()
