"""Fine-tunes from JPEG files to a saved model, in the way that `variant` names."""

import torch

from common import event, parameters

p = parameters()
torch.manual_seed(p["seed"])
if p["variant"] == "tutorial":
    from tutorial import train
elif p["variant"] == "cached":
    from cached import train
else:
    from tuned import train
network = train(p)
torch.save(network.state_dict(), p["out"])
event("done")
