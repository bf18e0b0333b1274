/** Node.js has it, and neither its types nor those of the language tell: the part that the front of PHP uses. */
declare namespace WebAssembly {
  class Module {
    private constructor()
  }
  class Instance {
    constructor(module: Module, imports: object)
  }
  function compile(binary: Uint8Array): Promise<Module>
}
