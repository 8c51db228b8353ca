"""Checks ONNX files of one drawn model with ONNX's checker, and their outputs in onnxruntime against the library
that owns the network: FOLDER torchvision|keras."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import drawn


def port(value):
    dims = value.type.tensor_type.shape.dim
    type_name = onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type)
    return {'name': value.name, 'type': type_name, 'dims': [d.dim_param or d.dim_value for d in dims]}


def facts(file):
    """What onnx says of a file that it finds right."""
    onnx.checker.check_model(str(file), full_check=True)
    model = onnx.load(file)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    [output] = inferred.graph.output
    return {
        'opset': model.opset_import[0].version,
        'producer': [model.producer_name, model.producer_version],
        'metadata': {entry.key: entry.value for entry in model.metadata_props},
        'input': port(model.graph.input[0]),
        'output': port(output),
        'inferred': {value.name: port(value)['dims'] for value in inferred.graph.value_info},
        'operators': [node.op_type for node in model.graph.node],
    }


def run(file, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(file, options, providers=['CPUExecutionProvider'])
    return session.run(None, {session.get_inputs()[0].name: batch})[0]


def main(folder, owner):
    description, layers, tensors = drawn.read(folder)
    preprocessing = description['preprocessing']
    pixels = np.random.default_rng(3).integers(
        0, 256, (3, preprocessing['height'], preprocessing['width'], 3), np.uint8)
    expected = importlib.import_module(f'{owner}_network').outputs(description, layers, tensors, pixels)

    mean, std = (np.array(preprocessing[key]) for key in ('mean', 'std'))
    normalised = ((pixels / 255 - mean) / std).transpose(0, 3, 1, 2).astype(np.float32)
    largest = float(np.abs(expected).max())
    answer = {'largest': largest, 'spread': float(expected.std(axis=0).max())}
    for kind, batch in {'float32': normalised, 'uint8': pixels}.items():
        file = Path(folder, f'{kind}.onnx')
        if not file.exists():
            continue
        outputs = {n: run(file, batch[:n]) for n in (1, 3)}
        assert all(outputs[n].shape == expected[:n].shape for n in outputs)
        differences = {n: float(np.abs(outputs[n] - expected[:n]).max()) / largest for n in outputs}
        answer[kind] = {**facts(file), 'differences': differences}
    print(json.dumps(answer))


main(*sys.argv[1:])
