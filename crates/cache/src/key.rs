//! The name of an entry: a digest of everything that its bytes depend on.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};

use crate::SourceId;
use crate::header::VERSION;
use crate::source::Hex;

/// The length of a recipe in its canonical form.
pub const RECIPE_BYTES: usize = 64;

/// Whether an entry holds encoded bytes or rows of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A picture file, as it goes to a browser. Only these go to a second tier.
    Encoded,
    /// Rows of pixels, each starting at a multiple of 64 bytes.
    Pixels,
}

/// What a picture is looked up by. It holds no text and is compared by its digest.
#[derive(Clone, Copy)]
pub struct Key {
    digest: [u8; 32],
    form: Form,
    source: SourceId,
}

impl Key {
    /// The key of what `recipe` makes of `source`.
    ///
    /// `recipe` is a fixed-width form in which each value has its place (`w=1, h=23` is never `w=12, h=3`) and
    /// that holds its own version and whatever else the result depends on. `epoch` is the maker's: raise it
    /// where the same source and recipe would now give other pixels, and all older entries are out of use.
    pub fn new(form: Form, epoch: u32, source: SourceId, recipe: &[u8; RECIPE_BYTES]) -> Key {
        let mut hash = Sha256::new_with_prefix(b"fastimagecache key");
        hash.update(VERSION.to_le_bytes());
        hash.update([match form {
            Form::Encoded => 1,
            Form::Pixels => 2,
        }]);
        hash.update(epoch.to_le_bytes());
        hash.update(source.as_bytes());
        hash.update(recipe);
        Key { digest: hash.finalize().into(), form, source }
    }

    /// Whether encoded bytes or pixels are asked for.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Which source the picture is made from.
    pub const fn source(&self) -> SourceId {
        self.source
    }

    /// The digest, which names the entry's file.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, {:?})", Hex(&self.digest), self.form)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.digest).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_picture_depends_on_changes_its_key() {
        let source = SourceId::named("photos", "1");
        let recipe = [0; RECIPE_BYTES];
        let key = Key::new(Form::Encoded, 1, source, &recipe);
        assert_eq!(key, Key::new(Form::Encoded, 1, source, &recipe));
        let mut other = recipe;
        other[63] = 1;
        for different in [
            Key::new(Form::Pixels, 1, source, &recipe),
            Key::new(Form::Encoded, 2, source, &recipe),
            Key::new(Form::Encoded, 1, SourceId::named("photos", "2"), &recipe),
            Key::new(Form::Encoded, 1, source, &other),
        ] {
            assert_ne!(key, different);
        }
    }

    #[test]
    fn no_text_of_a_caller_is_in_what_a_key_prints() {
        for name in ["../../etc/passwd", "\x1b[2J\n", "a\0b", "%2e%2e", "CON", "é", "e\u{301}"] {
            let key = Key::new(Form::Encoded, 1, SourceId::named(name, name), &[0; RECIPE_BYTES]);
            for text in [key.to_string(), format!("{key:?}"), format!("{:?}", key.source())] {
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"(), ".contains(&b)), "{text}");
            }
        }
    }
}
