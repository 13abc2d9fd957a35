//! The format of compiled catalogues of gettext, `.mo`: two tables of strings, messages and translations.

use crate::error::{CatalogFault, Error};

/// The first word of a catalogue, in whose byte order all words are.
const MAGIC: u32 = 0x9504_12de;

/// The words of a catalogue.
struct Words<'b> {
    bytes: &'b [u8],
    is_big_endian: bool,
}

impl<'b> Words<'b> {
    fn at(&self, offset: usize) -> Option<usize> {
        let word = self.bytes.get(offset..offset.checked_add(4)?)?;
        let word = word.try_into().ok()?;
        let word = match self.is_big_endian {
            true => u32::from_be_bytes(word),
            false => u32::from_le_bytes(word),
        };
        usize::try_from(word).ok()
    }

    /// The string that the entry at `offset` of a table names by its length and place.
    fn string(&self, offset: usize) -> Option<&'b str> {
        let (length, place) = (self.at(offset)?, self.at(offset.checked_add(4)?)?);
        let bytes = self.bytes.get(place..place.checked_add(length)?)?;
        std::str::from_utf8(bytes).ok()
    }
}

/// All messages with their translations; forms of both are apart by NUL.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<(String, String)>, Error> {
    read(bytes).ok_or_else(|| {
        CatalogFault::Unreadable("it is no file of gettext's `.mo` format in UTF-8".to_owned())
            .into()
    })
}

fn read(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let magic = bytes.first_chunk::<4>()?;
    let is_big_endian = match (u32::from_le_bytes(*magic), u32::from_be_bytes(*magic)) {
        (MAGIC, _) => false,
        (_, MAGIC) => true,
        _ => return None,
    };
    let words = Words {
        bytes,
        is_big_endian,
    };
    // Behind the magic word: the version, how many strings, where the two tables are.
    let (count, messages, translations) = (words.at(8)?, words.at(12)?, words.at(16)?);
    (0..count)
        .map(|index| {
            let entry = index.checked_mul(8)?;
            let message = words.string(messages.checked_add(entry)?)?;
            let translation = words.string(translations.checked_add(entry)?)?;
            Some((message.to_owned(), translation.to_owned()))
        })
        .collect()
}
