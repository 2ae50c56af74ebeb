extension String {
  /// Text for an XML attribute or element: markup as entities, and `�` for characters that XML 1.0 cannot hold or that
  /// change how the text around them is displayed.
  package var xmlEscaped: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&apos;"
      case "\n": text += "&#10;"
      case "\t": text += "&#9;"
      case _ where scalar.isUnprintable || scalar.value & 0xFFFE == 0xFFFE: text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Text that Markdown shows as it is, anywhere inside a line or a table cell.
  ///
  /// Every character that Markdown, its GitHub extensions (mentions, issue numbers, mathematics, links) or HTML
  /// could take for markup becomes an entity; a line break becomes `<br>`; invisible characters become `�`.
  package var markdownEscaped: String {
    var previous: Unicode.Scalar = " "
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": text += "<br>"
      case "\t": text += " "
      case "&", "<", ">", "*", "_", "`", "|", "[", "]", "\\", "~", "#", "@", "$", "{": text += "&#\(scalar.value);"
      // A colon starts a link only before two slashes, so the first slash after it is hidden instead.
      case "/" where previous == ":": text += "&#47;"
      // "www." alone becomes a link.
      case "." where previous == "w" || previous == "W": text += "&#46;"
      case _ where scalar.isUnprintable: text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
      previous = scalar
    }
    return text
  }

  /// The text in a monospaced font: names, ids and what a model wrote.
  ///
  /// Plain names become a code span, which stays readable in the source; everything else is escaped inside `<code>`.
  package var markdownCode: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
          || "._-+:,=/()%".unicodeScalars.contains(scalar)
      }
    return isPlain ? "`\(self)`" : "<code>\(markdownEscaped)</code>"
  }
}
