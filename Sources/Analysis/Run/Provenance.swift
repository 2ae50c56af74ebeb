/// Where a run comes from: everything that can change its outputs, and who made it.
///
/// What a tool cannot know is `nil`: a served model has no digest, threads or kernel.
package struct Provenance: Hashable, Sendable {
  /// A file or text that is known by name and told apart by content.
  package struct Source: Hashable, Sendable {
    package let name: String
    package let digest: Digest?

    package init(name: String, digest: Digest? = nil) {
      self.name = name
      self.digest = digest
    }
  }

  /// How the outputs were generated.
  package struct Settings: Hashable, Sendable {
    /// The limit for prompts that do not set their own.
    package let maximumTokenCount: Int
    /// True when prompts were shown as they are, without a chat template.
    package let isRaw: Bool
    /// The seed of sampling; `nil` for greedy decoding.
    package let seed: UInt64?

    package init(maximumTokenCount: Int, isRaw: Bool = false, seed: UInt64? = nil) {
      self.maximumTokenCount = maximumTokenCount
      self.isRaw = isRaw
      self.seed = seed
    }
  }

  /// What may change the last bits of a log-probability. Batch size and threads may not, so they are no part of a run.
  package struct Execution: Hashable, Sendable {
    /// The BLAS kernel, such as `SkylakeX`.
    package let core: String?
    /// Token columns of one matrix product.
    package let tile: Int?

    package init(core: String? = nil, tile: Int? = nil) {
      self.core = core
      self.tile = tile
    }
  }

  package let model: Source
  package let prompts: Source
  /// The chat template by the name it was recognised under; `nil` when none was used.
  package let template: Source?
  /// The canonical name of the quantization scheme, such as `int8:activations=per-tensor`.
  package let scheme: String
  /// The prompts that the scheme learned from, told apart by content; `nil` when it learned from none.
  package let calibration: Source?
  package let settings: Settings
  package let execution: Execution
  /// The tool and its version, such as `assay 0.1.0`.
  package let tool: String
  /// `nil` for a run that answers all prompts.
  package let earlyStop: EarlyStop?

  package init(
    model: Source, prompts: Source, template: Source?, scheme: String, calibration: Source? = nil, settings: Settings,
    execution: Execution = Execution(), tool: String, earlyStop: EarlyStop? = nil
  ) {
    self.model = model
    self.prompts = prompts
    self.template = template
    self.scheme = scheme
    self.calibration = calibration
    self.settings = settings
    self.execution = execution
    self.tool = tool
    self.earlyStop = earlyStop
  }

  /// The same for a run that ended early, or, with `nil`, one that did not.
  package func with(_ earlyStop: EarlyStop?) -> Provenance {
    Provenance(
      model: model, prompts: prompts, template: template, scheme: scheme, calibration: calibration, settings: settings,
      execution: execution, tool: tool, earlyStop: earlyStop)
  }
}
