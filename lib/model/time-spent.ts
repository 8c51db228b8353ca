/** Where the time of a run went, seconds. On a GPU only `total`, `waiting` and `validation` are told apart. */
export interface TimeSpent {
  total: number;
  /** Training waited for images to be read and decoded. */
  waiting: number;
  /** Outputs of the frozen layers. */
  frozen: number;
  /** Keeping them and finding them again. */
  cache: number;
  /** Forward and backward of the trained layers, and the optimizer. */
  trained: number;
  /** All of it, waiting included. */
  validation: number;
}
