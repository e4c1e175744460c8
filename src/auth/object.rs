//! A JSON object read strictly: no name twice, and only the members that are asked for are kept.

mod plain;

use std::borrow::Cow;
use std::fmt;

use hashbrown::HashSet;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The names of the members that are asked for. Each has its place, by which its member is found.
pub(super) struct Names {
    spelled: Vec<Cow<'static, str>>,
    /// The name of a member that nobody has to have: spelled in other case it is another name, and passed over.
    exact: Option<&'static str>,
    /// The places of the names of each length, with the ends of each.
    by_length: Vec<Vec<([u8; 2], usize)>>,
    /// In which order they came lately, where that is kept.
    layouts: Option<plain::Layouts>,
}

/// The members of an object whose names were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Object<'j>(Vec<Option<Member<'j>>>);

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

impl Names {
    /// These names, each at the place that it has in the list.
    pub(super) fn new(names: impl IntoIterator<Item = Cow<'static, str>>) -> Self {
        let spelled: Vec<_> = names.into_iter().collect();
        let longest = spelled.iter().map(|name| name.len()).max().unwrap_or_default();
        let mut by_length = vec![Vec::new(); longest + 1];
        for (place, name) in spelled.iter().enumerate() {
            by_length[name.len()].push((ends(name), place));
        }
        Self { spelled, exact: None, by_length, layouts: None }
    }

    /// The same, where `exact` is the name of a member that nobody has to have.
    pub(super) fn with_exact(self, exact: &'static str) -> Self {
        Self { exact: Some(exact), ..self }
    }

    /// The same, for objects of which most have their names in the same order, and that not everybody can write.
    pub(super) fn with_layouts(self) -> Self {
        Self { layouts: Some(plain::Layouts::default()), ..self }
    }

    /// No member at any place.
    fn no_values<'j>(&self) -> Vec<Option<Member<'j>>> {
        self.spelled.iter().map(|_| None).collect()
    }

    /// The place of a name, spelled as it is.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.spelled.iter().position(|known| known == name)
    }

    /// Which of the names this is, in whatever case.
    fn place_in_any_case(&self, name: &str) -> Option<usize> {
        let places = self.by_length.get(name.len())?;
        let is = |known: &str| known.eq_ignore_ascii_case(name) && (Some(known) != self.exact || known == name);
        let ends = ends(name);
        let found = places.iter().find(|(of_place, place)| *of_place == ends && is(&self.spelled[*place]));
        found.map(|(_, place)| *place)
    }
}

/// The first and the last byte of a name in lower case, which tell most names of one length apart.
fn ends(name: &str) -> [u8; 2] {
    let end = |byte: Option<&u8>| byte.copied().unwrap_or_default().to_ascii_lowercase();
    [end(name.as_bytes().first()), end(name.as_bytes().last())]
}

impl<'j> Object<'j> {
    /// Reads an object and keeps the members with these names.
    pub(super) fn read(json: &'j [u8], names: &Names) -> Result<Self, ObjectError> {
        // Checked whole: members that are passed over would not be.
        let json = simdutf8::basic::from_utf8(json).map_err(|_| ObjectError::NotAnObject)?;
        plain::read(json, names).unwrap_or_else(|| Self::read_any(json, names))
    }

    /// Reads any object.
    fn read_any(json: &'j str, names: &Names) -> Result<Self, ObjectError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let read = Members(names).deserialize(&mut reader).map_err(|_| ObjectError::NotAnObject)?;
        reader.end().map_err(|_| ObjectError::NotAnObject)?;
        read
    }

    /// The member of the name at this place.
    pub(super) fn get(&self, place: usize) -> Option<&Member<'j>> {
        self.0.get(place)?.as_ref()
    }

    /// Whether there is any member among the names from this place on.
    pub(super) fn has_any_from(&self, first: usize) -> bool {
        self.0.iter().skip(first).any(Option::is_some)
    }

    /// The member of the name at this place, if it is a string.
    pub(super) fn text(&self, place: usize) -> Option<&str> {
        self.get(place)?.text()
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

struct Members<'n>(&'n Names);

/// A name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Result<Object<'de>, ObjectError>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Result<Object<'de>, ObjectError>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut collected = Collected::of(self.0);
        while let Some(Name(name)) = map.next_key()? {
            match collected.place_of(name) {
                Some(place) => collected.put(place, map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        collected.finish().ok_or_else(|| A::Error::custom("too many members"))
    }
}

/// What has been read of an object.
struct Collected<'n, 'j> {
    names: &'n Names,
    values: Vec<Option<Member<'j>>>,
    others: Others<'j>,
    count: usize,
    has_duplicate: bool,
}

impl<'n, 'j> Collected<'n, 'j> {
    fn of(names: &'n Names) -> Self {
        Self { names, values: names.no_values(), others: Others::default(), count: 0, has_duplicate: false }
    }

    /// The place of the next member by its name; `None` if nobody asked for it.
    fn place_of(&mut self, name: Cow<'j, str>) -> Option<usize> {
        self.count += 1;
        let place = self.names.place_in_any_case(&name);
        self.has_duplicate |= match place {
            Some(place) => self.names.spelled[place] != name || self.values[place].is_some(),
            None => !self.others.insert(name),
        };
        place
    }

    fn put(&mut self, place: usize, value: Member<'j>) {
        self.values[place] = Some(value);
    }

    /// The object, when all of it has been read; `None` if it has too many members.
    fn finish(self) -> Option<Result<Object<'j>, ObjectError>> {
        let read = if self.has_duplicate { Err(ObjectError::DuplicateName) } else { Ok(Object(self.values)) };
        (self.count <= MAX_MEMBERS).then_some(read)
    }
}

/// Names that nobody asked for.
#[derive(Default)]
struct Others<'j> {
    /// The first of them: those of a usual token, which are compared faster than they are hashed.
    few: Vec<Cow<'j, str>>,
    more: HashSet<Cow<'j, str>>,
}

impl<'j> Others<'j> {
    /// Whether the name is there for the first time.
    fn insert(&mut self, name: Cow<'j, str>) -> bool {
        if self.few.contains(&name) {
            return false;
        }
        if self.few.len() == FEW {
            return self.more.insert(name);
        }
        if self.few.capacity() == 0 {
            self.few.reserve_exact(FEW);
        }
        self.few.push(name);
        true
    }
}

/// More names than a usual token has.
const FEW: usize = 24;

/// More members than any token has.
const MAX_MEMBERS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const TID: usize = 0;
    const EXP: usize = 1;

    fn names() -> Names {
        Names::new(["tid", "exp"].map(Cow::Borrowed))
    }

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let object = Object::read(br#"{"tid":"a","x":{"tid":"b"},"exp":1.5}"#, &names()).unwrap();
        assert_eq!(object.text(TID), Some("a"));
        assert_eq!(object.text(EXP), None);
        assert_eq!(object.get(EXP), Some(&Member::Other));
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
            let object = Object::read(object.as_bytes(), &names()).unwrap();
            assert_eq!((object.get(TID), object.get(EXP)), (Some(&expected), Some(&Member::Integer(1))), "{json}");
        }
    }

    /// Forty members, and one more of this name.
    fn many(name: &str) -> String {
        let members: Vec<_> = (0..40).map(|at| format!("\"x{at:02}\":{at}")).collect();
        format!("{{{},\"{name}\":1}}", members.join(","))
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_however_it_is_written() {
        for json in [
            r#"{"tid":"a","tid":"a"}"#,
            r#"{"tid":"a","t\u0069d":"b"}"#,
            r#"{"tid":"a","TID":"b"}"#,
            r#"{"Tid":"a"}"#,
            r#"{"x":1,"x":2}"#,
            &many("x00"),
            &many("x39"),
        ] {
            assert_eq!(Object::read(json.as_bytes(), &names()).err(), Some(ObjectError::DuplicateName), "{json}");
        }
    }

    #[test]
    fn many_names_that_differ_are_taken() {
        assert!(Object::read(many("x40").as_bytes(), &names()).is_ok());
    }

    #[test]
    fn a_name_that_must_be_exact_is_another_in_other_case() {
        let names = names().with_exact("tid");
        let read = |json: &'static str| Object::read(json.as_bytes(), &names);
        let object = read(r#"{"TID":"b","tid":"a","Tid":"c"}"#).unwrap();
        assert_eq!(object.text(TID), Some("a"));
        assert!(read(r#"{"TID":"b"}"#).unwrap().get(TID).is_none());
        for twice in [r#"{"tid":"a","t\u0069d":"b"}"#, r#"{"TID":"a","TID":"b"}"#, r#"{"EXP":1}"#] {
            assert_eq!(read(twice).err(), Some(ObjectError::DuplicateName), "{twice}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for json in ["", "[]", "null", "\"x\"", "{} {}", "{}x", "{\"a\":NaN}", "{'a':1}", "{\"a\":1,}", "\u{feff}{}"] {
            assert_eq!(Object::read(json.as_bytes(), &names()).err(), Some(ObjectError::NotAnObject), "{json}");
        }
        assert_eq!(Object::read(b"{\"a\":\"\xff\"}", &names()).err(), Some(ObjectError::NotAnObject));
    }
}
