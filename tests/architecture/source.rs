//! What a Rust file names, read from its tokens.
//!
//! No judgement here: `walls` decides what may be named. Spans give lines; nothing is resolved beyond `use`,
//! `self`, `super` and the modules a file declares.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A module as the path of names from the top of the crate.
pub type Module = Vec<String>;

/// One path as written, such as `crate::fleet::Text`, `tokio::spawn` or `println!`.
pub struct Name {
    pub segments: Vec<String>,
    pub line: usize,
    /// The module it is written in.
    pub within: Module,
    pub in_test: bool,
    /// Written in a `pub use`.
    pub exported: bool,
}

/// A name that a `use` brings into a module.
struct Import {
    name: String,
    segments: Vec<String>,
    into: Module,
}

/// Where a path leads.
pub enum Target {
    /// Into this crate, from its top.
    House(Vec<String>),
    /// Into another crate, or a macro without a path.
    Outside(Vec<String>),
    /// A name of the module itself, a variable, a type: nothing to judge.
    Local,
}

/// Everything one file names and declares.
#[derive(Default)]
pub struct Source {
    pub names: Vec<Name>,
    /// Modules declared here, and the line of each.
    pub modules: Vec<(Module, usize)>,
    /// Those of them that exist in tests only.
    pub test_modules: Vec<Module>,
    /// Lines that exist in tests only.
    pub test_lines: usize,
    /// Attributes that `walls` wants to hear of, without spaces: `path=…`, `ignore`.
    pub attributes: Vec<(String, usize)>,
    imports: Vec<Import>,
}

impl Source {
    /// Reads a file that is the module `within`.
    pub fn read(text: &str, within: &[String]) -> Result<Self, String> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
        let mut source = Self::default();
        source.walk(&tokens.into_iter().collect::<Vec<_>>(), within, false);
        Ok(source)
    }

    /// Follows a name through the imports and modules of this file.
    pub fn resolve(&self, name: &Name, dependencies: &[String]) -> Target {
        let mut segments = name.segments.clone();
        let mut within = &name.within;
        // An import may lead to an import; a file that needs more hops than this deserves its complaint.
        for _ in 0..4 {
            let Some(first) = segments.first() else { return Target::Local };
            let import = self
                .imports
                .iter()
                .filter(|import| import.name == *first && within.starts_with(&import.into))
                .filter(|import| import.segments[0] != *first)
                .max_by_key(|import| import.into.len());
            let Some(import) = import else { break };
            segments = [&import.segments[..], &segments[1..]].concat();
            within = &import.into;
        }
        let child = [&within[..], &segments[..1]].concat();
        match segments[0].as_str() {
            "crate" | env!("CARGO_PKG_NAME") => Target::House(segments.split_off(1)),
            "self" | "super" => {
                let mut module = within.clone();
                let climbed = segments.iter().take_while(|up| *up == "self" || *up == "super").count();
                for _ in segments[..climbed].iter().filter(|up| *up == "super") {
                    module.pop();
                }
                Target::House([&module[..], &segments[climbed..]].concat())
            }
            _ if self.modules.iter().any(|(module, _)| *module == child) => Target::Local,
            first => {
                // A leading `::` starts at a crate, or goes on from a type as in `<T>::new`.
                let from = usize::from(first.is_empty());
                let Some(first) = segments.get(from) else { return Target::Local };
                let known =
                    matches!(first.as_str(), "std" | "core" | "alloc") || dependencies.contains(first);
                if known || first.ends_with('!') {
                    Target::Outside(segments.split_off(from))
                } else {
                    Target::Local
                }
            }
        }
    }

    fn walk(&mut self, tokens: &[TokenTree], within: &[String], in_test: bool) {
        let mut at = 0;
        let mut exported = false;
        while let Some(token) = tokens.get(at) {
            let start = at;
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    at += 1 + usize::from(is_sign(tokens, at + 1, '!'));
                    let Some(TokenTree::Group(group)) = tokens.get(at) else { continue };
                    at += 1;
                    if self.attribute(group, within, in_test) && !in_test {
                        let end = item_end(tokens, at);
                        self.walk(&tokens[at..end], within, true);
                        self.test_lines += line_of(&tokens[end - 1]).1 - line_of(&tokens[start]).0 + 1;
                        at = end;
                    }
                }
                TokenTree::Ident(word) if word == "mod" && is_ident(tokens, at + 1) => {
                    let module = [within, &[tokens[at + 1].to_string()]].concat();
                    self.modules.push((module.clone(), line_of(token).0));
                    at += 2;
                    if let Some(TokenTree::Group(body)) = tokens.get(at) {
                        self.walk(&body.stream().into_iter().collect::<Vec<_>>(), &module, in_test);
                        at += 1;
                    } else if in_test {
                        self.test_modules.push(module);
                    }
                }
                TokenTree::Ident(word) if word == "use" && !is_sign(tokens, at + 1, '<') => {
                    at += 1;
                    self.import(tokens, &mut at, within, in_test, exported);
                }
                TokenTree::Ident(word) if word == "extern" && is_word(tokens.get(at + 1), "crate") => {
                    at += 2;
                    self.import(tokens, &mut at, within, in_test, true);
                }
                TokenTree::Ident(_) => {
                    for leaf in leaves(tokens, &mut at, &[]) {
                        if leaf.segments.len() > 1 || leaf.segments[0].ends_with('!') {
                            self.name(leaf, within, in_test, false);
                        }
                    }
                }
                TokenTree::Punct(_) if is_path_sign(tokens, at) => {
                    for leaf in leaves(tokens, &mut at, &[]) {
                        self.name(leaf, within, in_test, false);
                    }
                }
                TokenTree::Group(group) => {
                    self.walk(&group.stream().into_iter().collect::<Vec<_>>(), within, in_test);
                    at += 1;
                }
                _ => at += 1,
            }
            // `pub use`, `pub(crate) use`: the group of the latter keeps what came before it.
            exported = is_word(Some(token), "pub") || exported && matches!(token, TokenTree::Group(_));
            at = at.max(start + 1);
        }
    }

    /// Reads one attribute; true for `#[cfg(test)]`.
    fn attribute(&mut self, group: &Group, within: &[String], in_test: bool) -> bool {
        let text = group.stream().to_string().replace(char::is_whitespace, "");
        if text.starts_with("doc") {
            return false;
        }
        let line = group.span_open().start().line;
        // `#[serde(with = "crate::…")]` names a path in a string.
        for path in text.split('"').filter(|part| part.starts_with("crate::") || part.starts_with("super::"))
        {
            let segments = path.split("::").map(str::to_owned).collect();
            self.name(Leaf { segments, alias: None, line }, within, in_test, false);
        }
        self.attributes.push((text.clone(), line));
        self.walk(&group.stream().into_iter().collect::<Vec<_>>(), within, in_test);
        text == "cfg(test)"
    }

    fn import(
        &mut self,
        tokens: &[TokenTree],
        at: &mut usize,
        within: &[String],
        in_test: bool,
        exported: bool,
    ) {
        for leaf in leaves(tokens, at, &[]) {
            if let Some(name) = leaf.alias.as_ref().or(leaf.segments.last()).filter(|name| *name != "*") {
                let (name, segments) = (name.clone(), leaf.segments.clone());
                self.imports.push(Import { name, segments, into: within.to_vec() });
            }
            self.name(leaf, within, in_test, exported);
        }
    }

    fn name(&mut self, leaf: Leaf, within: &[String], in_test: bool, exported: bool) {
        let Leaf { segments, line, .. } = leaf;
        self.names.push(Name { segments, line, within: within.to_vec(), in_test, exported });
    }
}

/// One end of a `use` tree, or one path.
struct Leaf {
    segments: Vec<String>,
    alias: Option<String>,
    line: usize,
}

/// Reads the path or the tree of paths that starts at `at` and moves `at` behind it.
fn leaves(tokens: &[TokenTree], at: &mut usize, prefix: &[String]) -> Vec<Leaf> {
    let mut segments = prefix.to_vec();
    let mut line = tokens.get(*at).map_or(0, |token| line_of(token).0);
    if is_path_sign(tokens, *at) {
        // An empty first segment stands for the leading `::`.
        segments.extend(prefix.is_empty().then(String::new));
        *at += 2;
    }
    loop {
        match tokens.get(*at) {
            Some(TokenTree::Ident(word)) => {
                segments.push(word.to_string().trim_start_matches("r#").to_owned());
                line = line_of(&tokens[*at]).0;
                *at += 1;
            }
            Some(TokenTree::Punct(sign)) if sign.as_char() == '*' => {
                segments.push("*".to_owned());
                *at += 1;
                break;
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                *at += 1;
                let inner: Vec<_> = group.stream().into_iter().collect();
                let mut found = Vec::new();
                let mut inside = 0;
                while inside < inner.len() {
                    let start = inside;
                    found.extend(leaves(&inner, &mut inside, &segments));
                    inside = (inside + usize::from(is_sign(&inner, inside, ','))).max(start + 1);
                }
                return found;
            }
            _ => break,
        }
        if !is_path_sign(tokens, *at) {
            break;
        }
        *at += 2;
    }
    if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
        segments.pop();
    }
    if is_sign(tokens, *at, '!')
        && matches!(tokens.get(*at + 1), Some(TokenTree::Group(_)))
        && let Some(last) = segments.last_mut()
    {
        last.push('!');
    }
    let alias =
        (is_word(tokens.get(*at), "as") && is_ident(tokens, *at + 1)).then(|| tokens[*at + 1].to_string());
    if segments.is_empty() { Vec::new() } else { vec![Leaf { segments, alias, line }] }
}

/// Where the item that starts at `at` ends: behind its `;` or its body.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    let import = tokens[at..].iter().take(3).any(|token| is_word(Some(token), "use"));
    let last = tokens[at..].iter().position(|token| match token {
        TokenTree::Punct(sign) => sign.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !import,
        _ => false,
    });
    last.map_or(tokens.len(), |last| at + last + 1)
}

fn is_sign(tokens: &[TokenTree], at: usize, wanted: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == wanted)
}

fn is_path_sign(tokens: &[TokenTree], at: usize) -> bool {
    is_sign(tokens, at, ':') && is_sign(tokens, at + 1, ':')
}

fn is_ident(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Ident(_)))
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

/// First and last line of a token.
fn line_of(token: &TokenTree) -> (usize, usize) {
    (token.span().start().line, token.span().end().line)
}
