/* err_table.h: number, name, sentence in English and Chinese. Append inside your range; never renumber.
 * Included by err.h and err.c with ERR defined; it has no include guard on purpose. */
ERR(0, OK, "in order", "正常")

/* base and codec */
ERR(1, ERR_CODEC_TRUNCATED, "the data ends before it is complete", "数据不完整，提前结束")
ERR(2, ERR_CODEC_TRAILING, "there are bytes after the end of the data", "数据末尾有多余字节")
ERR(3, ERR_CODEC_TYPE, "a value has another type than the format says", "某个值的类型与格式不符")
ERR(4, ERR_CODEC_NOT_SHORTEST, "a value is not written in its shortest form", "某个值未使用最短编码")
ERR(5, ERR_CODEC_KEY_ORDER, "map keys are not sorted or not unique", "映射的键未排序或重复")
ERR(6, ERR_CODEC_DEPTH, "the data is nested too deeply", "数据嵌套过深")
ERR(7, ERR_CODEC_RANGE, "a number or a length is outside its permitted range", "数字或长度超出允许范围")
ERR(8, ERR_CODEC_UTF8, "a text is not valid UTF-8", "文本不是有效的 UTF-8")
ERR(9, ERR_CODEC_FLOAT, "a number has more than one encoding; integral numbers must be integers", "数值编码不唯一；整数值必须编码为整数")
ERR(10, ERR_TOO_LARGE, "the data is larger than the permitted maximum", "数据超过允许的最大值")
ERR(11, ERR_CODEC_COUNT, "a list has fewer or more entries than the format says", "列表的条目数与格式不符")
ERR(12, ERR_JSON_SYNTAX, "the JSON text is malformed", "JSON 文本格式错误")
ERR(13, ERR_JSON_DUPLICATE, "a JSON object names the same field twice", "JSON 对象中同一字段出现两次")
ERR(14, ERR_JSON_DEPTH, "the JSON text is nested too deeply", "JSON 嵌套过深")
ERR(15, ERR_JSON_NUMBER, "a JSON number cannot be kept exactly", "JSON 数字无法精确保存")
ERR(16, ERR_KEY_INVALID, "the public key is not a valid Ed25519 key", "公钥不是有效的 Ed25519 公钥")
ERR(17, ERR_SIGNATURE, "the signature does not check", "签名验证失败")
ERR(18, ERR_HEX, "the text is not hexadecimal of the right length", "不是正确长度的十六进制文本")
