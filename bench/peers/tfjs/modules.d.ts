// TensorFlow.js is loaded where it is installed; its types are not needed for that.
declare module '@tensorflow/tfjs';
declare module '@tensorflow/tfjs-backend-wasm';
declare module '@tensorflow/tfjs-node';
