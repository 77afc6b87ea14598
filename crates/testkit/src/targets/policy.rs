//! Policies as TOML.

use fastimagecache::Policy;
use fic_core::Kind;

/// Any text: a policy that survives being written and read, or a mistake of the caller's.
pub fn limits_toml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Policy::from_toml(text) {
        Ok(policy) => {
            let again = Policy::from_toml(&policy.to_toml()).expect("what was written is read");
            assert_eq!(again, policy);
        }
        Err(error) => assert_eq!(error.kind(), Kind::Misuse),
    }
}
