package typealias TokenID = Int32
