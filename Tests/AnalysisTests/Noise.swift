/// ROUGE-L of the demo's 42 prompts (`suites/demo`, SmolLM2-135M-Instruct, 96 tokens, gate reference), in their order.
enum Noise {
  /// Under `int8`.
  static let blessed: [Double] = [
    0.65, 0.5641, 0.4686, 0.2313, 0.3492, 0.4677, 0.5641, 0.6512, 0.7595, 0.8, 0.7089, 0.1739, 0.4835, 1.0, 0.7619,
    0.3415, 1.0, 1.0, 1.0, 1.0, 1.0, 0.7835, 0.4972, 1.0, 0.4812, 0.2667, 0.5323, 0.52, 0.2774, 0.3333, 0.463,
    0.8675, 0.1395, 1.0, 0.1667, 0.5116, 0.625, 0.3311, 0.303, 0.6735, 0.1429, 0.3768,
  ]
  /// Under `int8:outliers=6.0`: other answers of nearly the same quality.
  static let other: [Double] = [
    0.9541, 0.7222, 0.4598, 0.281, 0.5979, 0.5594, 1.0, 0.7143, 0.4857, 0.5405, 0.9394, 1.0, 0.3429, 1.0, 0.7619,
    0.6667, 1.0, 1.0, 1.0, 1.0, 1.0, 0.6218, 0.5455, 1.0, 0.3333, 0.6154, 0.3226, 0.4768, 0.5634, 0.7259, 0.4182,
    0.9091, 0.3429, 0.9333, 0.4571, 0.6133, 1.0, 0.3289, 1.0, 0.3303, 0.6337, 0.0,
  ]
  /// The chance of a prompt to take another answer for no reason: under `fp16` one of the 42 does.
  static let rate = 1.0 / 42
}
