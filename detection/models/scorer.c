/* Adds up the weights of a text's hashed features, by windows. What the features are is written down in
 * hashing.py and ngrams.py, which does the same with numpy; both are held to each other by a property test.
 *
 * Compiled when the package is built, where a compiler is at hand, and called through ctypes: it needs no
 * header of Python's and serves every version of it.
 */

#include <stddef.h>
#include <stdint.h>

enum { BITS = 19, STEP = 160, FIELDS = 4, AHEAD = 32 };

static const uint32_t B1 = 0x9E3779B1u, MIX = 0x85EBCA6Bu;
static const uint32_t SIX = 0x2545F491u, NINE = 0x1B873593u, WORD = 0xCC9E2D51u;
static const uint32_t NEXT = 0x6C078965u, PAST = 0x5BD1E995u;

/* What is being added up. The table is larger than what is near the processor: weights are asked for when
 * their bucket is known, and added when so many more of them have been asked for. */
struct sums {
    const int8_t *table; /* of each bucket the weights of three heads, and a one that counts features */
    int32_t *bins;       /* of each step what begins in it */
    const int8_t *asked[AHEAD];
    int32_t *into[AHEAD];
    size_t features;
};

static inline void settle(const struct sums *sums, size_t slot) {
    for (int field = 0; field < FIELDS; field++) sums->into[slot][field] += sums->asked[slot][field];
}

static inline void add(struct sums *sums, size_t place, uint32_t hash) {
    const size_t slot = sums->features % AHEAD;
    if (sums->features >= AHEAD) settle(sums, slot);
    sums->asked[slot] = sums->table + FIELDS * (size_t)((hash * MIX) >> (32 - BITS));
    sums->into[slot] = sums->bins + FIELDS * (place / STEP);
    sums->features++;
    __builtin_prefetch(sums->asked[slot]);
}

static inline int in_word(uint8_t code) {
    return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || code >= 128;
}

/* A space stands at either end of the text, for which `text` itself has no room. */
static inline uint32_t at(const uint8_t *text, size_t length, size_t place) {
    return place == 0 || place > length ? ' ' : text[place - 1];
}

static void add_runs(struct sums *sums, const uint8_t *text, size_t length) {
    const uint32_t b2 = B1 * B1, b3 = b2 * B1;
    const size_t end = length + 2;
    uint32_t code[9];
    for (size_t k = 0; k < 9; k++) code[k] = k < end ? at(text, length, k) : 0;
    for (size_t i = 0; i + 4 <= end; i++) {
        const uint32_t four = code[0] * b3 + code[1] * b2 + code[2] * B1 + code[3];
        add(sums, i, four);
        if (i + 6 <= end) {
            const uint32_t six = four * b2 + code[4] * B1 + code[5];
            add(sums, i, six + SIX);
            if (i + 9 <= end) add(sums, i, six * b3 + code[6] * b2 + code[7] * B1 + code[8] + NINE);
        }
        for (size_t k = 0; k < 8; k++) code[k] = code[k + 1];
        code[8] = i + 9 < end ? at(text, length, i + 9) : 0;
    }
}

static void add_words(struct sums *sums, const uint8_t *text, size_t length) {
    uint32_t before = 0, last = 0;
    size_t before_at = 0, last_at = 0, words = 0;
    for (size_t i = 0; i < length;) {
        if (!in_word(text[i])) {
            i++;
            continue;
        }
        const size_t begin = i + 1;
        uint32_t hash = 0, power = 1;
        for (; i < length && in_word(text[i]); i++, power *= B1) hash += text[i] * power;
        hash *= WORD;
        hash ^= hash >> 15;
        add(sums, begin, hash);
        if (words > 0) add(sums, last_at, last * NEXT + hash);
        if (words > 1) {
            add(sums, before_at, before * NEXT * NEXT + last * NEXT + hash);
            add(sums, before_at, before * NEXT * PAST + hash);
        }
        before = last, before_at = last_at;
        last = hash, last_at = begin;
        words++;
    }
}

/* Returns how many windows the text has, none where it has no features. `bins` holds noughts, FIELDS for each
 * begun step of `length` + 2 bytes and FIELDS more; of each window it is given the sums and the number of
 * features. */
int32_t sluicegate_sums(const uint8_t *text, size_t length, const int8_t *table, int32_t *bins) {
    struct sums sums = {.table = table, .bins = bins, .features = 0};
    add_runs(&sums, text, length);
    add_words(&sums, text, length);
    for (size_t slot = 0; slot < AHEAD && slot < sums.features; slot++) settle(&sums, slot);
    if (sums.features == 0) return 0;
    const size_t end = length + 2;
    const size_t windows = end > 2 * STEP ? (end - 1) / STEP : 1;
    for (size_t window = 0; window < windows; window++) {
        int32_t *bin = bins + FIELDS * window;
        for (int field = 0; field < FIELDS; field++) bin[field] += bin[FIELDS + field];
    }
    return (int32_t)windows;
}
