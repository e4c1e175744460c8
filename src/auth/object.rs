//! A JSON object read strictly: no name twice, and only the members that are asked for are kept.

use std::borrow::Cow;
use std::fmt;

use hashbrown::HashSet;
use serde::Deserialize;
use serde::de::DeserializeSeed;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;

/// The members of an object whose names were asked for.
pub(super) struct Object<'n, 'j> {
    names: &'n [Cow<'static, str>],
    values: Vec<Option<Member<'j>>>,
}

/// The value of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member<'j> {
    /// A string, borrowed where it has no escapes.
    Text(Cow<'j, str>),
    /// A number without fraction or exponent.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array of strings and of nothing else.
    Texts(Box<[Cow<'j, str>]>),
    /// Anything else, `null` too.
    Other,
}

/// Why a text is no object that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectError {
    /// It is no JSON object, or something follows it.
    NotAnObject,
    /// A name stands twice, or one that was asked for stands there in other case: another reader might take the other.
    DuplicateName,
}

impl<'n, 'j> Object<'n, 'j> {
    /// Reads an object and keeps the members with these names.
    pub(super) fn read(json: &'j [u8], names: &'n [Cow<'static, str>]) -> Result<Self, ObjectError> {
        Self::read_with(json, names, None)
    }

    /// The same, where one of the names is of a member that nobody has to have: spelled in other case it is another name, and
    /// passed over.
    pub(super) fn read_with(
        json: &'j [u8],
        names: &'n [Cow<'static, str>],
        exact: Option<&'static str>,
    ) -> Result<Self, ObjectError> {
        // Checked whole: members that are passed over would not be.
        let json = str::from_utf8(json).map_err(|_| ObjectError::NotAnObject)?;
        let mut reader = serde_json::Deserializer::from_str(json);
        let read = Members { names, exact }.deserialize(&mut reader).map_err(|_| ObjectError::NotAnObject)?;
        reader.end().map_err(|_| ObjectError::NotAnObject)?;
        read.map(|values| Self { names, values })
    }

    /// The member of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Member<'j>> {
        let at = self.names.iter().position(|known| known == name)?;
        self.values[at].as_ref()
    }

    /// Whether there is any member among the names from this one on.
    pub(super) fn has_any_from(&self, first: usize) -> bool {
        self.values.iter().skip(first).any(Option::is_some)
    }

    /// The member of this name, if it is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }
}

impl Member<'_> {
    /// What it says, if it is a string.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it says, if it is an array of strings.
    pub(super) fn texts(&self) -> Option<&[Cow<'_, str>]> {
        match self {
            Self::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// What it is, if it is a number without fraction.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Self::Value, E> {
        Ok(Member::Integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(integer).map_or(Member::Other, Member::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Self::Value, E> {
        Ok(Member::Boolean(boolean))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        // Read as values, which may not be nested without end; what is passed over may.
        let mut texts = Some(Vec::new());
        while let Some(element) = elements.next_element()? {
            match (element, &mut texts) {
                (Member::Text(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Member::Other, |texts| Member::Texts(texts.into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, Member<'_>>()?.is_some() {}
        Ok(Member::Other)
    }
}

struct Members<'n> {
    names: &'n [Cow<'static, str>],
    exact: Option<&'static str>,
}

impl Members<'_> {
    /// Which of the names this is, in whatever case.
    fn place_of(&self, name: &str) -> Option<usize> {
        let is = |known: &str| known.eq_ignore_ascii_case(name) && (Some(known) != self.exact || known == name);
        self.names.iter().position(|known| is(known))
    }
}

/// A name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Result<Vec<Option<Member<'de>>>, ObjectError>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Result<Vec<Option<Member<'de>>>, ObjectError>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![None; self.names.len()];
        let mut others = HashSet::with_capacity(32);
        let (mut count, mut twice) = (0, false);
        while let Some(Name(name)) = map.next_key()? {
            count += 1;
            if let Some(at) = self.place_of(&name) {
                twice |= self.names[at] != name || values[at].is_some();
                values[at] = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
                twice |= !others.insert(name);
            }
        }
        if count > MAX_MEMBERS {
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
        assert_eq!(object.get("exp"), Some(&Member::Other));
        assert!(object.get("x").is_none());
    }

    #[test]
    fn a_member_is_a_text_an_integer_a_boolean_or_something_else() {
        for (json, expected) in [
            (r#""a\u0062""#, Member::Text("ab".into())),
            ("-9223372036854775808", Member::Integer(i64::MIN)),
            ("9223372036854775807", Member::Integer(i64::MAX)),
            ("9223372036854775808", Member::Other),
            ("1.0", Member::Other),
            ("-0", Member::Other),
            ("null", Member::Other),
            ("true", Member::Boolean(true)),
            ("false", Member::Boolean(false)),
            (r#"["a","b\u0063"]"#, Member::Texts(["a".into(), "bc".into()].into())),
            ("[]", Member::Texts([].into())),
            (r#"["a",{"b":1}]"#, Member::Other),
            (r#"["a",1,"b"]"#, Member::Other),
            (r#"[["a"]]"#, Member::Other),
            (r#"["a",null]"#, Member::Other),
            (r#"{"a":["b"]}"#, Member::Other),
        ] {
            let object = format!(r#"{{"tid":{json},"exp":1}}"#);
            let object = Object::read(object.as_bytes(), NAMES).unwrap();
            assert_eq!((object.get("tid"), object.get("exp")), (Some(&expected), Some(&Member::Integer(1))), "{json}");
        }
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
    fn a_name_that_must_be_exact_is_another_in_other_case() {
        let read = |json: &'static str| Object::read_with(json.as_bytes(), NAMES, Some("tid"));
        let object = read(r#"{"TID":"b","tid":"a","Tid":"c"}"#).unwrap();
        assert_eq!(object.text("tid"), Some("a"));
        assert!(read(r#"{"TID":"b"}"#).unwrap().get("tid").is_none());
        for twice in [r#"{"tid":"a","t\u0069d":"b"}"#, r#"{"TID":"a","TID":"b"}"#, r#"{"EXP":1}"#] {
            assert_eq!(read(twice).err(), Some(ObjectError::DuplicateName), "{twice}");
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
