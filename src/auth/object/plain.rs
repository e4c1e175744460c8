//! Reads objects in the form that Microsoft Entra writes, several times as fast as a reader of all JSON.
//!
//! Plain objects hold strings without escapes, whole numbers, arrays of such strings, `true`, `false` and `null`, with no white
//! space between them. Tokens of one kind have the same names in the same order, their [`Layout`]: where it is known, names are
//! neither searched for nor looked up.

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::auth::object::{Collected, Member, Names, Object, ObjectError};

/// The most digits of a number: any of so many is an `i64`.
const MAX_DIGITS: usize = 18;

/// How many layouts are kept: ID tokens and access tokens of some applications, of members and guests, with app roles and without.
const MAX_LAYOUTS: usize = 16;

/// The layouts that came last of those that were not known.
#[derive(Default)]
pub(super) struct Layouts(ArcSwap<Vec<Arc<Layout>>>);

/// The names of an object without duplicates, in their order: each with what stands around it (`{"aud":` or `,"iss":`), and
/// its place among the names that are asked for.
#[derive(PartialEq, Eq)]
struct Layout(Vec<(Box<str>, Option<usize>)>);

/// Reads a plain object. `None` if it is not plain, even if it is good JSON: then it has to be read anew.
pub(super) fn read<'j>(json: &'j str, names: &Names) -> Option<Result<Object<'j>, ObjectError>> {
    if has_escape_or_control(json) {
        return None;
    }
    let object = names.layouts.as_ref().and_then(|layouts| read_by_layouts(json, layouts, names));
    object.map(Ok).or_else(|| read_any(json, names))
}

/// Reads an object that has one of these layouts.
fn read_by_layouts<'j>(json: &'j str, Layouts(layouts): &Layouts, names: &Names) -> Option<Object<'j>> {
    let mut values = names.no_values();
    for layout in layouts.load().iter() {
        if read_as(json, layout, &mut values).is_some() {
            return Some(Object(values));
        }
        values.fill_with(|| None);
    }
    None
}

/// Reads the values of an object that has this layout; `None` if it has another.
fn read_as<'j>(json: &'j str, Layout(members): &Layout, values: &mut [Option<Member<'j>>]) -> Option<()> {
    let mut reader = Reader { json, at: 0 };
    for (name, place) in members {
        reader.literal(name)?;
        let value = reader.value()?;
        if let Some(place) = place {
            values[*place] = Some(value);
        }
    }
    reader.expect(b'}')?;
    reader.is_at_end().then_some(())
}

/// Reads an object of any layout, and keeps the layout if it is good.
fn read_any<'j>(json: &'j str, names: &Names) -> Option<Result<Object<'j>, ObjectError>> {
    let (mut collected, mut layout) = (Collected::of(names), Vec::new());
    let mut reader = Reader { json, at: 0 };
    reader.expect(b'{')?;
    loop {
        let begin = reader.at - 1;
        let name = reader.string()?;
        reader.expect(b':')?;
        let place = collected.place_of(Cow::Borrowed(name));
        layout.push((json[begin..reader.at].into(), place));
        let value = reader.value()?;
        if let Some(place) = place {
            collected.put(place, value);
        }
        match reader.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    if !reader.is_at_end() {
        return None;
    }
    let object = collected.finish()?;
    if let (Ok(_), Some(layouts)) = (&object, &names.layouts) {
        layouts.keep(Layout(layout));
    }
    Some(object)
}

impl Layouts {
    /// Keeps a layout in place of the oldest.
    fn keep(&self, layout: Layout) {
        let layout = Arc::new(layout);
        self.0.rcu(|known| {
            // Somebody else may have met it at the same time.
            let others = known.iter().filter(|known| **known != layout).take(MAX_LAYOUTS - 1);
            [&layout].into_iter().chain(others).map(Arc::clone).collect::<Vec<_>>()
        });
    }
}

/// Whether a byte has to be looked at by itself: without these, a string ends at the next quote. All bytes at once: to stop at
/// the first would take longer.
fn has_escape_or_control(json: &str) -> bool {
    let is_special = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'\\');
    json.bytes().fold(0, |special, byte| special | is_special(byte)) != 0
}

/// A text of which a part has been read.
struct Reader<'j> {
    json: &'j str,
    at: usize,
}

impl<'j> Reader<'j> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.json.as_bytes().get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, expected: u8) -> Option<()> {
        self.next().filter(|byte| *byte == expected).map(drop)
    }

    fn is_at_end(&self) -> bool {
        self.at == self.json.len()
    }

    /// What is expected next, letter by letter.
    fn literal(&mut self, expected: &str) -> Option<()> {
        let is_next = self.json.as_bytes().get(self.at..)?.starts_with(expected.as_bytes());
        self.at += expected.len();
        is_next.then_some(())
    }

    fn string(&mut self) -> Option<&'j str> {
        self.expect(b'"')?;
        self.rest_of_string()
    }

    /// What stands before the next quote.
    fn rest_of_string(&mut self) -> Option<&'j str> {
        let rest = self.json.get(self.at..)?;
        let text = &rest[..memchr::memchr(b'"', rest.as_bytes())?];
        self.at += text.len() + 1;
        Some(text)
    }

    fn value(&mut self) -> Option<Member<'j>> {
        match self.next()? {
            b'"' => self.rest_of_string().map(|text| Member::Text(Cow::Borrowed(text))),
            digit @ b'0'..=b'9' => self.rest_of_number(digit),
            b'[' => self.rest_of_array(),
            b't' => self.literal("rue").map(|()| Member::Boolean(true)),
            b'f' => self.literal("alse").map(|()| Member::Boolean(false)),
            b'n' => self.literal("ull").map(|()| Member::Other),
            _ => None,
        }
    }

    /// Digits: a fraction or an exponent would be what nobody expects after a value.
    fn rest_of_number(&mut self, first: u8) -> Option<Member<'j>> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count >= MAX_DIGITS || (first == b'0' && count > 0) {
            return None;
        }
        self.at += count;
        let number = rest[..count].iter().fold(digit(first), |number, byte| number * 10 + digit(*byte));
        Some(Member::Integer(number))
    }

    fn rest_of_array(&mut self) -> Option<Member<'j>> {
        if self.json.as_bytes().get(self.at) == Some(&b']') {
            self.at += 1;
            return Some(Member::Texts([].into()));
        }
        let mut texts = Vec::new();
        loop {
            texts.push(Cow::Borrowed(self.string()?));
            match self.next()? {
                b',' => {}
                b']' => return Some(Member::Texts(texts.into())),
                _ => return None,
            }
        }
    }
}

fn digit(byte: u8) -> i64 {
    i64::from(byte - b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Names {
        Names::new(["tid", "exp", "email", "roles"].map(Cow::Borrowed)).with_exact("roles").with_layouts()
    }

    fn known(names: &Names) -> Arc<Vec<Arc<Layout>>> {
        names.layouts.as_ref().unwrap().0.load_full()
    }

    type Read<'j> = Option<Result<Object<'j>, ObjectError>>;

    /// What an object is when it is read plainly, the second time by its layout, and when the library reads it.
    fn in_each_way<'j>(json: &'j str, names: &Names) -> ([Read<'j>; 2], Read<'j>) {
        ([read(json, names), read(json, names)], Some(Object::read_any(json, names)))
    }

    /// Members as Entra writes them, and as it doesn't.
    fn member() -> impl Strategy<Value = String> {
        let name = prop_oneof!["tid|exp|email|roles|TID|Roles|x", "[a-z]{1,3}", "[ -~]{0,4}", "é|\\\\u0061|\u{7f}"];
        let value = prop_oneof![
            "\"[ -~é]{0,12}\"",
            "\"[a-z@.]{0,20}\"",
            "[0-9]{1,20}",
            "-?[0-9]{1,3}(\\.[0-9])?(e[0-9])?",
            "\\[(\"[a-z]{0,3}\"(,\"[a-z]{0,3}\"){0,2})?\\]",
            "true|false|null|nul|True|\\{\\}|\\{\"a\":1\\}|\\[1\\]|\\[\"a\",\\]|\\[,\\]|",
        ];
        (name, value).prop_map(|(name, value)| format!("\"{name}\":{value}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_read_plainly_is_what_the_library_reads(
            members in prop::collection::vec(member(), 0..8),
            spoiled in prop::option::weighted(0.3, (0_usize..200, "[ -~\\n\\x00]{0,2}")),
        ) {
            let mut json = format!("{{{}}}", members.join(","));
            if let Some((at, strange)) = spoiled {
                let at = json.char_indices().map(|(at, _)| at).nth(at).unwrap_or(json.len());
                json.insert_str(at, &strange);
            }
            let names = names();
            // The layout of another object, which this one may begin like.
            let known = format!("{{{}}}", members.iter().take(2).cloned().collect::<Vec<_>>().join(","));
            drop(read(&known, &names));
            let ([first, second], by_library) = in_each_way(&json, &names);
            prop_assert_eq!(&first, &second, "{}", json);
            prop_assert!(first.is_none() || first == by_library, "{} {:?}", json, first);
        }
    }

    #[test]
    fn what_entra_writes_is_plain() {
        for json in [
            r#"{"aud":"0c11e470","exp":1790000000,"acct":0,"tid":"a","roles":["A","B"],"amr":[],"xms_edov":true,"x":null}"#,
            r#"{"tid":"é","email":"o'brien@abc.com"}"#,
        ] {
            let names = names();
            let ([first, second], by_library) = in_each_way(json, &names);
            assert_eq!((&first, &second), (&by_library, &by_library), "{json}");
            assert_eq!(known(&names).len(), 1, "{json}");
        }
    }

    #[test]
    fn the_newest_layouts_are_kept_each_once() {
        let names = names();
        let object = |name: usize| format!("{{\"x{name}\":1,\"exp\":{name}}}");
        for name in (0..=MAX_LAYOUTS).chain([1]) {
            assert!(read(&object(name), &names).is_some_and(|read| read.is_ok()));
        }
        // As if somebody else had met one at the same time.
        let again = known(&names)[3].0.clone();
        names.layouts.as_ref().unwrap().keep(Layout(again));
        let known = known(&names);
        let is_known =
            |name: usize| known.iter().any(|layout| read_as(&object(name), layout, &mut names.no_values()).is_some());
        assert_eq!(known.len(), MAX_LAYOUTS);
        assert!((1..=MAX_LAYOUTS).all(is_known) && !is_known(0));
    }

    #[test]
    fn where_anybody_can_write_objects_no_layouts_are_kept() {
        let names = Names::new(["tid"].map(Cow::Borrowed));
        let ([first, second], by_library) = in_each_way(r#"{"tid":"a"}"#, &names);
        assert_eq!((&first, &second), (&by_library, &by_library));
        assert!(names.layouts.is_none());
    }

    #[test]
    fn an_object_of_too_many_members_is_refused_in_each_way() {
        let names = names();
        for (count, is_taken) in [(1000, true), (1001, false)] {
            let members: Vec<_> = (0..count).map(|at| format!("\"x{at}\":{at}")).collect();
            let json = format!("{{{}}}", members.join(","));
            assert_eq!(Object::read(json.as_bytes(), &names).is_ok(), is_taken);
            assert_eq!(Object::read_any(&json, &names).is_ok(), is_taken);
        }
    }

    #[test]
    fn an_object_with_a_duplicate_leaves_no_layout() {
        let names = names();
        for json in [r#"{"tid":"a","tid":"b"}"#, r#"{"TID":"a"}"#, r#"{"x":1,"x":1}"#] {
            let ([first, second], by_library) = in_each_way(json, &names);
            assert_eq!(first, Some(Err(ObjectError::DuplicateName)));
            assert_eq!((&first, &second), (&by_library, &by_library), "{json}");
        }
        assert!(known(&names).is_empty());
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_library() {
        for json in [
            "{}",
            "{\"a\": 1}",
            "{\"a\":1} ",
            "{\"a\":1}}",
            "{\"a\":01}",
            "{\"a\":1.5}",
            "{\"a\":-1}",
            "{\"a\":1234567890123456789}",
            "{\"a\":tru}",
            "{\"a\":[1]}",
            "{\"a\":{}}",
            "{\"a\":\"\\n\"}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"b}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{\"a",
            "{",
            "",
        ] {
            assert!(read(json, &names()).is_none(), "{json}");
        }
    }
}
