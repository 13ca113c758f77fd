import { LibraryError, type Prologue } from "./ports.js";

/** The versions of the interface that libraries may ask for; the first is served as the last. */
const VERSIONS = ["1.0", "1.1"];
const KEYS = ["api_version", "name"];
const NAME = /^[A-Za-z0-9_]+$/;
const EXAMPLE = "#!js api_version=1.0 name=myLibrary";

/** Some editors put a mark in front of a text that tells its encoding: it is none of the library's. */
export function withoutMark(source: string): string {
  return source.startsWith("\ufeff") ? source.slice(1) : source;
}

/**
 * Reads a library's first line: `#!js api_version=1.0 name=myLibrary`.
 *
 * @throws LibraryError `prologue`, saying what is wrong with it and what would be right
 */
export function parsePrologue(source: string): Prologue {
  const [line = ""] = withoutMark(source).split(/\r?\n/, 1);
  if (!line.startsWith("#!")) {
    throw fault(`the first line has to begin with #!, as in ${EXAMPLE}; it is ${shown(line)}`);
  }
  const [engine = "", ...words] = line.slice(2).trimEnd().split(" ");
  const properties = parseProperties(words);
  const apiVersion = versionOf(properties);
  const name = nameOf(properties);
  if (engine !== "js") {
    throw fault(`the engine ${shown(engine)} is not there; libraries are for js, as in ${EXAMPLE}`);
  }
  if (!VERSIONS.includes(apiVersion)) {
    throw fault(`api_version=${apiVersion} is not known; it is one of ${VERSIONS.join(", ")}`);
  }
  return { engine, apiVersion, name };
}

function parseProperties(words: readonly string[]): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const word of words) {
    const [key, value] = parseProperty(word);
    if (properties.has(key)) throw fault(`${key} is given twice; give it once`);
    if (!KEYS.includes(key)) {
      throw fault(`the key ${shown(key)} is not known; the keys are ${KEYS.join(" and ")}`);
    }
    properties.set(key, value);
  }
  return properties;
}

function parseProperty(word: string): [string, string] {
  if (word === "") throw fault(`one space stands between two words, as in ${EXAMPLE}`);
  const equals = word.indexOf("=");
  if (equals < 0 || word.indexOf("=", equals + 1) >= 0) {
    throw fault(`${shown(word)} is not key=value, as in ${EXAMPLE}`);
  }
  const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
  if (key === "") throw fault(`${shown(word)} has no key in front of its =`);
  if (value === "") throw fault(`${key} has no value behind its =`);
  return [key, value];
}

function versionOf(properties: ReadonlyMap<string, string>): string {
  const version = properties.get("api_version");
  if (version === undefined) throw fault(`api_version is missing, as in ${EXAMPLE}`);
  if (/^\d+\.\d+$/.test(version)) return version;
  throw fault(`api_version=${version} is not major.minor, as in api_version=1.0`);
}

function nameOf(properties: ReadonlyMap<string, string>): string {
  const name = properties.get("name");
  if (name === undefined) throw fault(`name is missing, as in ${EXAMPLE}`);
  if (NAME.test(name)) return name;
  throw fault(`the name ${shown(name)} may hold letters, digits and _ only`);
}

function fault(message: string): LibraryError {
  return new LibraryError("prologue", message, 1);
}

function shown(text: string): string {
  const most = 80;
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}
