"""Whether and how a patient may be written to: consent, opt-outs, phones that others read, hours that are safe."""
