/// A template as its parts.
indirect enum JinjaStatement {
  case text(JinjaText)
  case output(JinjaExpression, line: Int)
  case set([JinjaTarget], JinjaExpression, line: Int)
  /// `{% set name %}...{% endset %}`.
  case capture(JinjaTarget, [JinjaStatement], line: Int)
  case choice([(condition: JinjaExpression, line: Int, body: [JinjaStatement])], otherwise: [JinjaStatement])
  case loop(JinjaLoop, line: Int)
  case macro(name: String, JinjaMacro)
  /// `{% generation %}`, which transformers uses to mark what the model wrote: names set inside stay inside.
  case scope([JinjaStatement])
  /// `{% filter name(...) %}...{% endfilter %}`.
  case filtered(name: String, JinjaArguments, [JinjaStatement], line: Int)
  case `break`, `continue`
}

/// Where `set` and `for` put a value.
enum JinjaTarget {
  case name(String)
  /// An attribute of a namespace.
  case attribute(of: String, name: String)
}

struct JinjaLoop {
  let targets: [String]
  let values: JinjaExpression
  let condition: JinjaExpression?
  let body: [JinjaStatement]
  let otherwise: [JinjaStatement]
}

struct JinjaMacro {
  let parameters: [(name: String, standard: JinjaExpression?)]
  let body: [JinjaStatement]
}

struct JinjaArguments {
  var positional: [JinjaExpression] = []
  var named: [(name: String, value: JinjaExpression)] = []
}

indirect enum JinjaExpression {
  enum Operation: String {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"
  }

  enum Comparison: String {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case `in`, notIn = "not in"
  }

  case constant(JinjaValue)
  case name(String)
  case sequence([JinjaExpression], isTuple: Bool)
  case map([(key: JinjaExpression, value: JinjaExpression)])
  case attribute(JinjaExpression, String)
  case item(JinjaExpression, JinjaExpression)
  case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?, by: JinjaExpression?)
  case call(JinjaExpression, JinjaArguments)
  case filter(JinjaExpression, String, JinjaArguments)
  case test(JinjaExpression, String, [JinjaExpression])
  case negative(JinjaExpression)
  case positive(JinjaExpression)
  case not(JinjaExpression)
  case and(JinjaExpression, JinjaExpression)
  case or(JinjaExpression, JinjaExpression)
  case operation(Operation, JinjaExpression, JinjaExpression)
  case comparison(JinjaExpression, [(Comparison, JinjaExpression)])
  /// `a ~ b ~ c`.
  case concatenation([JinjaExpression])
  case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
}
