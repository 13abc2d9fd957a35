//! An escaper for the hand-written workloads.

/// Writes `text` with `<`, `>`, `&` and quotes escaped.
pub fn escape_into(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        // Blocks without anything special are skipped whole; the compiler makes vector code of this.
        while let Some(block) = bytes.get(at..at + 16)
            && !block
                .iter()
                .fold(false, |found, &byte| found | is_special(byte))
        {
            at += 16;
        }
        let end = bytes.len().min(at + 16);
        while at < end {
            if let Some(escaped) = escaped(bytes[at]) {
                out.push_str(&text[copied..at]);
                out.push_str(escaped);
                copied = at + 1;
            }
            at += 1;
        }
    }
    out.push_str(&text[copied..]);
}

fn is_special(byte: u8) -> bool {
    (byte == b'<') | (byte == b'>') | (byte == b'&') | (byte == b'"') | (byte == b'\'')
}

fn escaped(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'&' => "&amp;",
        b'"' => "&#34;",
        b'\'' => "&#39;",
        _ => return None,
    })
}
