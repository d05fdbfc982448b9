package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters are those of a name and its digits, small and without accents: O'Brien-Núñez is obriennunez.
func letters(name string) string {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < 'a' || c > 'z' {
			return foldedLetters(name)
		}
	}
	return name
}

// apart are letters that Unicode does not take apart into a plain one and its accent.
var apart = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ł", "l", "ı", "i", "þ", "th")

func foldedLetters(name string) string {
	text := apart.Replace(strings.ToLower(name))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFD.String(text))
}

// words are the words of a name, each in its letters.
func words(name string) (list []string) {
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		if w = letters(w); w != "" {
			list = append(list, w)
		}
	}
	return list
}

// consonants are the groups of Soundex: consonants of one group sound alike. Vowels are in none; H and W, which do not
// part two of a group, are 9.
const consonants = "01230129022455012623019202" // a to z

// sound is how a name of letters sounds: its first sound and the groups of the next three consonants, as a number that is
// 0 for a name without a Latin letter. It is Soundex, but that the first letter is taken by its sound too: Cathy is like
// Kathy, and Philip like Filip.
func sound(name string) uint16 {
	name = beginning(name)
	code, n, last := uint16(0), 0, byte('0')
	for i := 0; i < len(name) && n < 4; i++ {
		c := name[i]
		if c < 'a' || c > 'z' {
			continue
		}
		group := consonants[c-'a']
		switch {
		case n == 0:
			code, n = uint16(c-'a')+1, 1
		case group == '9':
			continue
		case group != '0' && group != last:
			code, n = code*7+uint16(group-'0'), n+1
		}
		last = group
	}
	for ; n > 0 && n < 4; n++ {
		code *= 7
	}
	return code
}

// beginning writes the first sound of a name in one way.
func beginning(name string) string {
	for _, silent := range []string{"kn", "gn", "pn", "wr", "ps"} {
		if strings.HasPrefix(name, silent) {
			return name[1:]
		}
	}
	switch {
	case strings.HasPrefix(name, "ph"):
		return "f" + name[2:]
	case strings.HasPrefix(name, "wh"):
		return "w" + name[2:]
	case name == "":
		return ""
	}
	soft := len(name) > 1 && strings.IndexByte("eiy", name[1]) >= 0
	switch c := name[0]; {
	case c == 'c' && strings.HasPrefix(name, "ch"):
		return name
	case c == 'c' && soft, c == 'z', c == 'x':
		return "s" + name[1:]
	case c == 'c', c == 'q':
		return "k" + name[1:]
	case c == 'g' && soft:
		return "j" + name[1:]
	case strings.IndexByte("aeiouy", c) >= 0:
		return "a" + name[1:]
	}
	return name
}
