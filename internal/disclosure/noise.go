package disclosure

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// prf is a keyed pseudo-random function of parts, which cannot be told from chance without the key.
func prf(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// point is a number between 0 and 1, without either: the first 53 bits of the seed.
func point(seed []byte) float64 {
	const bits = 53
	return (float64(binary.BigEndian.Uint64(seed)>>(64-bits)) + 0.5) / (1 << bits)
}

// normal is what a normal distribution of mean 0 and standard deviation 1 has at a random point.
func normal(seed []byte) float64 { return math.Sqrt2 * math.Erfinv(2*point(seed)-1) }

// gaussian is the whole number that a discrete Gaussian distribution of mean 0 has at a random point: the probability of k is
// in proportion to exp(-k²/2σ²).
func gaussian(seed []byte, sigma float64) int64 {
	u := point(seed)
	weight := func(k int64) float64 { return math.Exp(-float64(k*k) / (2 * sigma * sigma)) }
	last := int64(math.Ceil(10 * sigma))
	all := 0.0
	for k := -last; k <= last; k++ {
		all += weight(k)
	}
	for k, below := -last, 0.0; k < last; k++ {
		if below += weight(k) / all; u < below {
			return k
		}
	}
	return last
}

// rounded is the nearest multiple of 5.
func rounded(n int64) int64 {
	return int64(math.Round(float64(n)/rounding)) * rounding
}
