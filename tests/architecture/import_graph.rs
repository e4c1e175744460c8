//! Which module of a crate uses which, read from its source: `use` lines, and paths wherever else they stand, also in
//! macros and attributes. Tests are left out: they may use what they like.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Attribute, Item, ItemUse, Meta, UseTree, Visibility, visit};

/// A path in pieces: `http`, `problem`, `Problem`. Of a module: that of its file, and none for the crate itself.
type Names = Vec<String>;

/// The modules of a crate, a file each.
pub(crate) struct Crate {
    modules: BTreeMap<Names, Module>,
}

/// What stands in a module.
#[derive(Default)]
pub(crate) struct Module {
    /// What it uses of its own crate, as it is written there.
    uses: BTreeSet<Names>,
    /// What it hands on under a name of its own: `pub use`.
    hands_on: BTreeMap<String, Names>,
    /// The first names of all other paths: crates, and types that are in scope.
    others: BTreeSet<String>,
    /// Where all names are taken from: the paths before a `*`.
    globs: BTreeSet<Names>,
}

impl Crate {
    /// Reads a crate from its root file, such as `src/lib.rs`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut texts = Vec::new();
        collect(Names::new(), root, root.parent().expect("a folder"), &mut texts);
        Self::of_texts(texts)
    }

    fn of_texts(texts: impl IntoIterator<Item = (Names, String)>) -> Self {
        let files: Vec<_> = texts.into_iter().map(|(name, text)| (name, parse(&text))).collect();
        let known: BTreeSet<_> = files.iter().map(|(name, _)| name.clone()).collect();
        let modules = files.iter().map(|(name, file)| (name.clone(), Reader::read(name, &known, file))).collect();
        Self { modules }
    }

    /// All modules, each with its path.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&[String], &Module)> {
        self.modules.iter().map(|(name, module)| (name.as_slice(), module))
    }

    /// Ways that lead from a module back to itself, each once.
    ///
    /// One is left out: that of a module and its own child, which use each other and nothing else on the way. A file
    /// and those in its folder are one piece to whoever reads them.
    pub(crate) fn loops(&self) -> Vec<Vec<String>> {
        let edges = self.edges();
        let mut found: BTreeMap<BTreeSet<&Names>, Vec<String>> = BTreeMap::new();
        for (from, to) in edges.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
            let is_family = is_child(from, to) || is_child(to, from);
            let direct = is_family.then_some((to, from));
            if let Some(back) = shortest_way(&edges, to, from, direct) {
                let circle = [from].into_iter().chain(back.iter().copied()).map(|name| name.join("::")).collect();
                found.entry(back.into_iter().collect()).or_insert(circle);
            }
        }
        let mut loops: Vec<_> = found.into_values().collect();
        loops.sort_by_key(Vec::len);
        loops
    }

    /// Which module leads to which.
    fn edges(&self) -> BTreeMap<Names, BTreeSet<Names>> {
        let of = |(name, module): (&Names, &Module)| {
            let used = module.uses.iter().map(|path| self.module_of(path)).filter(|used| used != name);
            (name.clone(), used.collect())
        };
        self.modules.iter().map(of).collect()
    }

    /// The module in which that stands to which a path leads, through all that hand it on.
    fn module_of(&self, path: &[String]) -> Names {
        let mut path = path.to_vec();
        // No honest way is longer; a `pub use` of itself does not compile.
        for _ in 0..self.modules.len() {
            let length = (0..=path.len()).rfind(|end| self.modules.contains_key(&path[..*end])).unwrap_or_default();
            let (module, rest) = path.split_at(length);
            let handed_on = rest.first().and_then(|name| self.modules.get(module)?.hands_on.get(name));
            match handed_on {
                Some(further) => path = further.iter().chain(&rest[1..]).cloned().collect(),
                None => return module.to_vec(),
            }
        }
        panic!("{} is handed on in a circle", path.join("::"))
    }
}

impl Module {
    /// The first names of the paths into the crate itself.
    pub(crate) fn uses(&self) -> impl Iterator<Item = &str> {
        self.uses.iter().filter_map(|path| path.first()).map(String::as_str)
    }

    /// Where it takes all names from: `use path::*`.
    pub(crate) fn globs(&self) -> impl Iterator<Item = String> {
        self.globs.iter().map(|path| path.join("::"))
    }

    /// Whether a path begins with a name that begins so.
    pub(crate) fn names(&self, beginning: &str) -> bool {
        self.others.iter().any(|name| name.starts_with(beginning))
    }
}

fn is_child(child: &[String], parent: &[String]) -> bool {
    child.split_last().is_some_and(|(_, rest)| rest == parent)
}

/// The modules from `from` to `to`, both named; without a step that is not to be taken.
fn shortest_way<'a>(
    edges: &'a BTreeMap<Names, BTreeSet<Names>>,
    from: &'a Names,
    to: &'a Names,
    without: Option<(&Names, &Names)>,
) -> Option<Vec<&'a Names>> {
    let mut come_from: BTreeMap<&Names, Option<&Names>> = BTreeMap::from([(from, None)]);
    let mut ahead = VecDeque::from([from]);
    while let Some(at) = ahead.pop_front() {
        if at == to {
            let mut way: Vec<_> = std::iter::successors(Some(at), |at| come_from[at]).collect();
            way.reverse();
            return Some(way);
        }
        for next in edges.get(at).into_iter().flatten() {
            if without != Some((at, next)) && !come_from.contains_key(next) {
                come_from.insert(next, Some(at));
                ahead.push_back(next);
            }
        }
    }
    None
}

fn parse(text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// A file and all that it declares as its modules, but tests.
fn collect(name: Names, path: &Path, folder: &Path, texts: &mut Vec<(Names, String)>) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for item in parse(&text).items {
        if let Item::Mod(module) = &item
            && module.content.is_none()
            && !is_test(&item)
        {
            let child = module.ident.to_string();
            let inside = folder.join(&child);
            let file = folder.join(format!("{child}.rs"));
            let file = if file.exists() { file } else { inside.join("mod.rs") };
            collect(name.iter().cloned().chain([child]).collect(), &file, &inside, texts);
        }
    }
    texts.push((name, text));
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return false,
    };
    let of_tests = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    };
    attributes.iter().any(of_tests)
}

/// Reads the paths of one file.
struct Reader<'a> {
    known: &'a BTreeSet<Names>,
    /// The module that is read: the file's, or one that is written out in it.
    here: Names,
    /// What names stand for that `use` brings in.
    imports: BTreeMap<String, Names>,
    module: Module,
}

impl<'a> Reader<'a> {
    fn read(name: &Names, known: &'a BTreeSet<Names>, file: &syn::File) -> Module {
        let mut imports = Imports::default();
        imports.visit_file(file);
        let mut reader = Self { known, here: name.clone(), imports: BTreeMap::new(), module: Module::default() };
        for import in imports.found {
            reader.here = [&name[..], &import.inside].concat();
            reader.take(name, import);
        }
        reader.here.clone_from(name);
        reader.visit_file(file);
        reader.module
    }

    fn take(&mut self, file: &[String], Import { is_public, path, alias, .. }: Import) {
        if alias.is_none() {
            self.module.globs.insert(path.clone());
        }
        let Some(path) = self.in_crate(&path) else {
            self.module.others.extend(path.first().cloned());
            return;
        };
        let is_of_a_child = path.len() > file.len() && path.starts_with(file);
        if !(is_public && is_of_a_child) {
            self.module.uses.insert(path.clone());
        }
        if let Some(alias) = alias {
            if is_public {
                self.module.hands_on.insert(alias.clone(), path.clone());
            }
            self.imports.insert(alias, path);
        }
    }

    /// A path that stands anywhere but in a `use`.
    fn meet(&mut self, path: &[String]) {
        // `pub(super)` in what a macro is given leads nowhere.
        if path == ["super"] {
            return;
        }
        match self.in_crate(path) {
            Some(path) => {
                self.module.uses.insert(path);
            }
            None => self.module.others.extend(path.first().cloned()),
        }
    }

    /// A path as seen from the root of the crate; `None` if it leads out of it, or to something of the same file.
    fn in_crate(&self, path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        let base: &[String] = match first.as_str() {
            "crate" => &[],
            "self" => &self.here,
            "super" => {
                let levels = path.iter().take_while(|name| *name == "super").count();
                let parent = self.here.len().saturating_sub(levels);
                return Some([&self.here[..parent], &path[levels..]].concat());
            }
            _ => {
                let child = [&self.here[..], &path[..1]].concat();
                // A name alone is not a path into a child: it may be that of a variable.
                let is_child = !rest.is_empty() && self.known.contains(&child);
                let start = if is_child { &child } else { self.imports.get(first)? };
                return Some([start, rest].concat());
            }
        };
        Some([base, rest].concat())
    }

    /// The paths in what a macro or an attribute is given: names with `::` between them.
    fn meet_all_in(&mut self, tokens: TokenStream) {
        let mut path = Names::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.meet(&std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                other => {
                    self.meet(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.meet_all_in(group.stream());
                    }
                }
            }
        }
        self.meet(&path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.here.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.here.pop();
    }

    fn visit_item_use(&mut self, _: &'ast ItemUse) {
        // They were read before all else.
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {
        // `pub(in crate::http)` says who may see something, and uses nothing.
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.meet(&names);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.meet_all_in(call.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        visit::visit_meta_list(self, list);
        self.meet_all_in(list.tokens.clone());
    }
}

/// All `use` of a file.
#[derive(Default)]
struct Imports {
    /// The modules written out in the file, down to the one that is read.
    inside: Names,
    found: Vec<Import>,
}

/// One name, or `*`, of a `use`.
struct Import {
    inside: Names,
    is_public: bool,
    path: Names,
    /// The name that it brings in; none for `*`.
    alias: Option<String>,
}

impl Imports {
    fn take(&mut self, is_public: bool, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Names>();
        let (path, alias) = match tree {
            UseTree::Path(path) => return self.take(is_public, &with(&path.ident), &path.tree),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.take(is_public, before, tree)),
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(name) => (with(&name.ident), Some(name.rename.to_string())),
            UseTree::Glob(_) => (before.to_vec(), None),
        };
        self.found.push(Import { inside: self.inside.clone(), is_public, path, alias });
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.inside.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.inside.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.take(!matches!(item.vis, Visibility::Inherited), &[], &item.tree);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loops of a crate of these modules, each told as one text.
    fn loops(files: &[(&str, &str)]) -> Vec<String> {
        let texts = files.iter().map(|(name, text)| {
            let name = name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            (name, (*text).to_owned())
        });
        Crate::of_texts(texts).loops().iter().map(|found| found.join(" → ")).collect()
    }

    #[test]
    fn modules_that_lead_one_way_are_no_loop() {
        let files = [
            ("", "mod a; mod b; mod c;"),
            ("a", "use crate::b::B; use crate::c::C; use std::fmt;"),
            ("b", "use crate::c; fn f(_: c::C) { Vec::<u8>::new(); }"),
            ("c", "pub struct C;"),
        ];
        assert_eq!(loops(&files), [""; 0]);
    }

    #[test]
    fn a_loop_is_found_however_its_way_back_is_written() {
        for back in [
            "use crate::a::A;",
            "use crate::a;",
            "use crate::{a::{A, B as C}};",
            "use super::a::*;",
            "fn f() -> crate::a::A { todo!() }",
            "fn f() { super::a::g::<u8>() }",
            "fn f() { use crate::a::A; }",
            "mod inner { fn f() { super::super::a::g() } }",
            "mod inner { use super::super::a::g; }",
            "macro_rules! m { ($x:ident) => { $x(crate::a::A) } }",
            "fn f() { vec![1, super::a::N] }",
            "#[derive(super::a::Made)] struct B;",
            "impl crate::a::T for u8 {}",
            "struct B(Vec<Option<crate::a::A>>);",
        ] {
            let files = [("", "mod a; mod b;"), ("a", "use crate::b::B;"), ("b", back)];
            assert_eq!(loops(&files), ["a → b → a"], "{back}");
        }
    }

    #[test]
    fn a_loop_is_named_with_all_that_is_on_its_way() {
        let files = [
            ("", "mod a; mod b; mod c; mod d;"),
            ("a", "use crate::b::B;"),
            ("b", "use crate::c; fn f() { c::g() }"),
            ("c", "use crate::a::A; use crate::d::D;"),
            ("d", ""),
        ];
        assert_eq!(loops(&files), ["a → b → c → a"]);
    }

    #[test]
    fn a_name_that_is_brought_in_or_handed_on_leads_to_where_it_stands() {
        let files = [
            ("", "mod a; mod v; pub use v::w::W;"),
            ("a", "use crate::v; fn f() { v::w::g() }"),
            ("v", "pub mod w;"),
            ("v::w", "use crate::a::A;"),
        ];
        assert_eq!(loops(&files), ["a → v::w → a"]);
        let files = [
            ("", "mod a; mod v;"),
            ("a", "use crate::v::W;"),
            ("v", "mod w; mod x; pub use w::W; pub use x::X;"),
            ("v::w", "use crate::v::X;"),
            ("v::x", "use crate::a::A;"),
        ];
        assert_eq!(loops(&files), ["a → v::w → v::x → a"]);
    }

    #[test]
    fn a_module_and_its_own_child_may_use_each_other_and_nothing_on_the_way() {
        let parent = "mod b; pub struct A; fn f() { b::g() }";
        let files = [("", "mod a; mod c;"), ("a", parent), ("a::b", "use super::A;"), ("c", "use crate::a::A;")];
        assert_eq!(loops(&files), [""; 0]);
        let through_another = [("", "mod a;"), ("a", parent), ("a::b", "use crate::c::C;"), ("c", "use crate::a::A;")];
        assert_eq!(loops(&through_another), ["a → a::b → c → a"]);
        let siblings = [("a", "mod b; mod c;"), ("a::b", "use super::c::C;"), ("a::c", "use super::b::B;")];
        assert_eq!(loops(&siblings), ["a::b → a::c → a::b"]);
    }

    #[test]
    fn all_names_of_another_are_taken_by_a_star_wherever_it_stands_but_in_tests() {
        let b = "use std::fmt::*; use crate::{a::{*, A}}; pub use super::a::inner::*; fn f() { use crate::c::C as D; use crate::c::*; } \
                 #[cfg(test)] mod tests { use super::*; }";
        let found = Crate::of_texts([(vec!["b".to_owned()], b.to_owned())]);
        let globs: Vec<_> = found.modules().flat_map(|(_, module)| module.globs()).collect();
        assert_eq!(globs, ["crate::a", "crate::c", "std::fmt", "super::a::inner"]);
    }

    #[test]
    fn tests_and_visibilities_use_nothing() {
        let b = "pub(in crate::a) struct B; #[cfg(test)] mod tests { use crate::a::A; } #[cfg(test)] use crate::a::A;";
        let files = [("", "mod a; mod b;"), ("a", "use crate::b::B;"), ("b", b)];
        assert_eq!(loops(&files), [""; 0]);
    }
}
