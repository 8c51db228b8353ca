"""Photographs in folders, as torchvision reads and prepares them."""

from torch.utils.data import DataLoader

from common import CORES
from peer import import_torchvision


def loaders(p, **options):
    """DataLoaders over p["train"] and, where it is given, p["validation"]."""
    torchvision = import_torchvision()
    prepare = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    folders = {part: p[part] for part in ("train", "validation") if p[part] is not None}
    return {
        part: DataLoader(
            torchvision.datasets.ImageFolder(folder, prepare),
            batch_size=p["batchSize"],
            shuffle=part == "train",
            pin_memory=p["device"] != "cpu",
            **options,
        )
        for part, folder in folders.items()
    }


# Workers that stay between epochs, one a core: what the manual advises where decoding takes time.
WITH_WORKERS = {"num_workers": CORES, "persistent_workers": True}
