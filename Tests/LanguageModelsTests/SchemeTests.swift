import Testing

@testable import LanguageModels

@Suite struct SchemeTests {
  @Test(arguments: [
    ("fp32", "fp32"), ("int8", "int8"), ("int8:weights=per-channel,activations=per-token", "int8"),
    ("int8:activations=none", "int8:activations=none"),
    ("int8:activations=per-tensor,weights=per-tensor", "int8:weights=per-tensor,activations=per-tensor"),
    ("int8:group=64,activations=none", "int8:activations=none,group=64"), ("int4:group=32", "int4"),
    ("int4:weights=per-channel", "int4:weights=per-channel"), ("int4:group=128", "int4:group=128"),
    ("fp16:skip=lm_head+blk.0", "fp16:skip=blk.0+lm_head"), ("fp32:kv=fp32", "fp32"), ("fp32:kv=int8", "fp32:kv=int8"),
    ("int8:kv=int4,skip=lm_head,activations=none", "int8:activations=none,skip=lm_head,kv=int4"),
    ("bf16:kv=fp16", "bf16:kv=fp16"),
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
    "int8:group=x,activations=none", "int4:group=32,weights=per-tensor", "INT8",
    "int8:kv=", "int8:kv=int3", "int8:kv=int4,kv=int4",
  ])
  func `anything else is refused`(text: String) {
    #expect(throws: SchemeError.self) { try Scheme(text) }
  }

  @Test func `skip matches whole names, prefixes and kinds, never parts of a word`() {
    #expect(Scheme.matches("blk.1", module: "blk.1.attn_q"))
    #expect(!Scheme.matches("blk.1", module: "blk.10.attn_q"))
    #expect(Scheme.matches("attn_q", module: "blk.10.attn_q"))
    #expect(!Scheme.matches("q", module: "blk.10.attn_q"))
    #expect(Scheme.matches("lm_head", module: "lm_head"))
  }
}
