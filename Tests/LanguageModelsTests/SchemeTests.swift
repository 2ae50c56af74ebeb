import Testing

@testable import LanguageModels

@Suite struct SchemeTests {
  @Test(arguments: [
    ("fp32", "fp32"), ("int8", "int8"), ("int8:weights=per-channel,activations=per-token", "int8"),
    ("int8:activations=none", "int8:activations=none"),
    ("int8:activations=per-tensor,weights=per-tensor", "int8:weights=per-tensor,activations=per-tensor"),
    ("int8:group=64,activations=none", "int8:activations=none,group=64"), ("int4:group=32", "int4"),
    ("int4:weights=per-channel", "int4:weights=per-channel"), ("int4:group=128", "int4:group=128"),
    ("fp32:kv=fp32", "fp32"), ("fp32:kv=int8", "fp32:kv=int8"),
    ("int8:kv=int4,skip=lm_head,activations=none", "int8:activations=none,skip=lm_head,kv=int4"),
    ("bf16:kv=fp16", "bf16:kv=fp16"), ("q4_k:kv=int8,skip=token_embd", "q4_k_m:skip=token_embd,kv=int8"),
    ("mxfp4:kv=fp16", "mxfp4:kv=fp16"),
    ("int4:kv=int4,rounding=gptq,skip=ffn_down", "int4:rounding=gptq,skip=ffn_down,kv=int4"),
    ("fp16:skip=lm_head+blk.0", "fp16:skip=blk.0+lm_head"), ("fp32:activations=none", "fp32"),
    ("int8:symmetric=false", "int8:symmetric=false"), ("int4:symmetric=true,group=32", "int4"),
    ("fp8-e4m3:activations=per-token", "fp8-e4m3"), ("mxfp6:activations=per-block", "mxfp6"),
    ("fp8-e5m2:weights=per-tensor,activations=none", "fp8-e5m2:weights=per-tensor,activations=none"),
    ("mxfp4:activations=none", "mxfp4:activations=none"), ("nvfp4", "nvfp4"), ("q4_k", "q4_k_m"),
    ("q3_k:pure=true,activations=q8", "q3_k_m:activations=q8,pure=true"), ("q8_0:pure=false", "q8_0"),
    ("q4_0:skip=token_embd", "q4_0:skip=token_embd"), ("q4_k_m:prune=0.5", "q4_k_m:prune=0.5"),
    ("q4_k_m:prune=0.5,imatrix=true", "q4_k_m:imatrix=true,prune=0.5"), ("q4_0:imatrix=false", "q4_0"),
    ("mxfp4:prune=2:4", "mxfp4:prune=2:4"), ("int4:awq=scales,symmetric=false", "int4:symmetric=false,awq=scales"),
    ("fp32:prune=0.50", "fp32:prune=0.5"), ("fp32:skip=blk.0,prune=2:4", "fp32:prune=2:4,skip=blk.0"),
    ("int8:outliers=6", "int8:outliers=6.0"), ("int8:smooth=norm,smoothquant=0.5", "int8:smoothquant=0.5"),
    (
      "int8:smooth=all,smoothquant=0.85,weights=per-tensor,activations=per-tensor",
      "int8:weights=per-tensor,activations=per-tensor,smoothquant=0.85,smooth=all"
    ),
    ("int8:activations=static,calibrate=min-max", "int8:activations=static"),
    ("int8:calibrate=percentile,activations=static", "int8:activations=static,calibrate=percentile"),
    (
      "int8:percentile=99.9,calibrate=percentile,activations=static",
      "int8:activations=static,calibrate=percentile,percentile=99.9"
    ),
    ("int8:activations=static,calibrate=entropy,prune=2:4", "int8:activations=static,calibrate=entropy,prune=2:4"),
    ("int8:activations=static,calibrate=mse", "int8:activations=static,calibrate=mse"),
    ("int4:rounding=rtn", "int4"), ("int4:rounding=gptq,gptq-damping=0.01", "int4:rounding=gptq"),
    (
      "int4:group=128,gptq-order=activations,gptq-damping=0.1,rounding=gptq,prune=2:4",
      "int4:group=128,rounding=gptq,gptq-order=activations,gptq-damping=0.1,prune=2:4"
    ),
    ("int8:rounding=gptq,smoothquant=0.5", "int8:smoothquant=0.5,rounding=gptq"),
    ("int4:awq=scales", "int4:awq=scales"), ("int4:awq=scales+clips,group=128", "int4:group=128,awq=scales+clips"),
  ])
  func `parsing and printing are canonical`(text: String, canonical: String) throws {
    let scheme = try Scheme(text)
    #expect(scheme.description == canonical)
    #expect(try Scheme(canonical) == scheme)
  }

  @Test(arguments: [
    "", "fp12", "int8:", "int8:weights", "int8:weights=", "int8:weights=both",
    "int8:weights=per-tensor,weights=per-tensor",
    "fp32:skip=lm_head", "int4:activations=per-token", "int8:group=32", "int8:group=0,activations=none",
    "int8:activations=q8", "fp8:weights=per-tensor", "mxfp4:weights=per-tensor", "q4_0:activations=per-token",
    "int8:symmetric=no", "q4_0:pure", "fp32:activations=per-token", "int4:activations=none", "Q4_0",
    "int8:group=x,activations=none", "int4:group=32,weights=per-tensor", "INT8",
    "int8:kv=", "int8:kv=int3", "int8:kv=int4,kv=int4", "q4_k_m:kv=q8_0",
    "fp32:prune=1", "fp32:prune=0", "fp32:prune=-0.5", "fp32:prune=.5", "fp32:prune=1:2", "fp32:prune=nan",
    "fp32:rounding=gptq", "int8:smoothquant=1.5", "int8:smoothquant=1e-1", "int8:smoothquant=0.5,activations=none",
    "int8:smooth=all", "int8:smoothquant=0.5,smooth=some", "int8:outliers=0",
    "int8:outliers=6.0,activations=per-tensor",
    "int8:outliers=6.0,smoothquant=0.5", "int8:calibrate=entropy", "int8:activations=static,percentile=99",
    "int8:activations=static,calibrate=median", "int8:activations=static,calibrate=percentile,percentile=101",
    "int4:activations=static", "int4:smoothquant=0.5", "int4:rounding=up", "int4:gptq-order=activations",
    "int4:rounding=gptq,gptq-damping=0", "int4:awq=yes", "int4:awq=scales,rounding=gptq", "int8:awq=scales",
    "int4:symmetric=false,rounding=gptq", "int8:symmetric=false,outliers=6.0", "mxfp4:rounding=gptq",
    "int4:weights=per-channel,awq=scales+clips", "int4:weights=per-tensor,awq=scales+clips",
  ])
  func `anything else is refused`(text: String) {
    #expect(throws: SchemeError.self) { try Scheme(text) }
  }

  @Test(arguments: Scheme.Format.allCases) func `every option of a format is explained`(format: Scheme.Format) {
    let explained = Set(format.optionHelp.map { String($0.prefix { $0 != "=" }) })
    for option in Algorithms.options(of: format) { #expect(explained.contains(option)) }
  }

  @Test func `only what must see the layers' inputs needs calibration`() throws {
    for text in ["int8:outliers=6.0", "int4:prune=0.5", "int8", "fp32:prune=2:4"] {
      #expect(try !Scheme(text).algorithms.needsCalibration)
    }
    for text in [
      "int8:activations=static", "int8:smoothquant=0.5", "int4:rounding=gptq", "int8:rounding=gptq", "int4:awq=scales",
      "q4_k_m:imatrix=true",
    ] {
      #expect(try Scheme(text).algorithms.needsCalibration)
    }
  }

  @Test func `skip matches whole names, prefixes and kinds, never parts of a word`() {
    #expect(Scheme.matches("blk.1", module: "blk.1.attn_q"))
    #expect(!Scheme.matches("blk.1", module: "blk.10.attn_q"))
    #expect(Scheme.matches("attn_q", module: "blk.10.attn_q"))
    #expect(!Scheme.matches("q", module: "blk.10.attn_q"))
    #expect(Scheme.matches("lm_head", module: "lm_head"))
  }

  /// What an option makes sense with.
  static func premise(_ option: Substring, _ format: Scheme.Format) -> String {
    switch (option, format) {
    case ("skip", .fp32): "prune=0.5,"
    case ("calibrate", _): "activations=static,"
    case ("percentile", _): "activations=static,calibrate=percentile,"
    case ("smooth", _): "smoothquant=0.5,"
    case ("gptq-order", _), ("gptq-damping", _): "rounding=gptq,"
    case ("awq", .int8): "activations=none,"
    default: ""
    }
  }

  @Test(arguments: Scheme.Format.allCases)
  func `every format is explained, canonical and takes its own defaults`(format: Scheme.Format) throws {
    let scheme = try Scheme(format.rawValue)
    #expect(scheme.description == format.rawValue)
    #expect(format.summary.count > 20)
    #expect(scheme.activations == format.activations[0])
    // Every option that is explained is taken with the first value that is offered.
    for help in format.optionHelp {
      let option = help.prefix { $0 != "=" }
      #expect(throws: Never.self, "\(option)") {
        let value =
          option == "skip"
          ? "lm_head"
          : option == "group"
            ? "64,activations=none"
            : String(help.dropFirst(option.count + 1).prefix { $0 != "|" && $0 != " " })
        let text = format == .int4 ? value.replacing(",activations=none", with: "") : value
        _ = try Scheme("\(format.rawValue):\(Self.premise(option, format))\(option)=\(text)")
      }
    }
  }
}
