//! A JSON object read strictly: no name twice, and only the members that are asked for are kept.

use std::borrow::Cow;
use std::fmt;

use hashbrown::HashSet;
use serde::Deserialize;
use serde::de::DeserializeSeed;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Value;

/// The members of an object whose names were asked for.
pub(super) struct Object<'n> {
    names: &'n [Cow<'static, str>],
    values: Vec<Option<Value>>,
}

/// Why a text is no object that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectError {
    /// It is no JSON object, or something follows it.
    NotAnObject,
    /// A name stands twice, or one that was asked for stands there in other case: another reader might take the other.
    DuplicateName,
}

impl<'n> Object<'n> {
    /// Reads an object and keeps the members with these names.
    pub(super) fn read(json: &[u8], names: &'n [Cow<'static, str>]) -> Result<Self, ObjectError> {
        // Checked whole: members that are passed over would not be.
        let json = str::from_utf8(json).map_err(|_| ObjectError::NotAnObject)?;
        let mut reader = serde_json::Deserializer::from_str(json);
        let read = Members { names }.deserialize(&mut reader).map_err(|_| ObjectError::NotAnObject)?;
        reader.end().map_err(|_| ObjectError::NotAnObject)?;
        read.map(|values| Self { names, values })
    }

    /// The member of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let at = self.names.iter().position(|known| known == name)?;
        self.values[at].as_ref()
    }

    /// Whether there is any member among the names from this one on.
    pub(super) fn has_any_from(&self, first: usize) -> bool {
        self.values.iter().skip(first).any(Option::is_some)
    }

    /// The member of this name, if it is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }
}

struct Members<'n> {
    names: &'n [Cow<'static, str>],
}

/// A name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Result<Vec<Option<Value>>, ObjectError>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Result<Vec<Option<Value>>, ObjectError>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![None; self.names.len()];
        let mut seen = HashSet::with_capacity(32);
        let mut twice = false;
        while let Some(Name(name)) = map.next_key()? {
            match self.names.iter().position(|known| known.eq_ignore_ascii_case(&name)) {
                Some(at) => {
                    twice |= self.names[at] != name;
                    values[at] = Some(map.next_value()?);
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
            twice |= !seen.insert(name);
        }
        if seen.len() > MAX_MEMBERS {
            return Err(A::Error::custom("too many members"));
        }
        Ok(if twice { Err(ObjectError::DuplicateName) } else { Ok(values) })
    }
}

/// More members than any token has.
const MAX_MEMBERS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[Cow<'static, str>] = &[Cow::Borrowed("tid"), Cow::Borrowed("exp")];

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let object = Object::read(br#"{"tid":"a","x":{"tid":"b"},"exp":1.5}"#, NAMES).unwrap();
        assert_eq!(object.text("tid"), Some("a"));
        assert_eq!(object.text("exp"), None);
        assert!(object.get("exp").is_some());
        assert!(object.get("x").is_none());
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_however_it_is_written() {
        for json in [
            r#"{"tid":"a","tid":"a"}"#,
            r#"{"tid":"a","t\u0069d":"b"}"#,
            r#"{"tid":"a","TID":"b"}"#,
            r#"{"Tid":"a"}"#,
            r#"{"x":1,"x":2}"#,
        ] {
            assert_eq!(Object::read(json.as_bytes(), NAMES).err(), Some(ObjectError::DuplicateName), "{json}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for json in ["", "[]", "null", "\"x\"", "{} {}", "{}x", "{\"a\":NaN}", "{'a':1}", "{\"a\":1,}", "\u{feff}{}"] {
            assert_eq!(Object::read(json.as_bytes(), NAMES).err(), Some(ObjectError::NotAnObject), "{json}");
        }
        assert_eq!(Object::read(b"{\"a\":\"\xff\"}", NAMES).err(), Some(ObjectError::NotAnObject));
    }
}
