"""Photographs in folders, as torchvision reads and prepares them."""

from torch.utils.data import DataLoader

from peer import import_torchvision


def loaders(p, workers=0):
    """DataLoaders over p["train"] and, where it is given, p["validation"]."""
    torchvision = import_torchvision()
    prepare = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    return {
        part: DataLoader(
            torchvision.datasets.ImageFolder(p[part], prepare),
            batch_size=p["batchSize"],
            shuffle=part == "train",
            pin_memory=p["device"] != "cpu",
            # Workers that stay between epochs: what the manual advises where decoding takes time.
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        for part in ("train", "validation")
        if p[part] is not None
    }
